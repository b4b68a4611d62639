/** Node's built-in modules, as a guest imports them. */
import { createRequire, isBuiltin } from 'node:module';
import vm from 'node:vm';

/** Makes a module of one of Node's own; undefined for other specifiers. */
export function builtinModules(file: string): (specifier: string) => vm.Module | undefined {
  const require = createRequire(file);
  return (specifier) => {
    if (!isBuiltin(specifier)) return undefined;
    const exported = require(specifier) as Record<string, unknown>;
    const names = Object.keys(exported).filter((name) => name !== 'default');
    return new vm.SyntheticModule(
      ['default', ...names],
      function fill(this: vm.SyntheticModule) {
        this.setExport('default', exported);
        for (const name of names) this.setExport(name, exported[name]);
      },
      { identifier: specifier },
    );
  };
}
