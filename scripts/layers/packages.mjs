// TypeScript rooms: which package may import which, read from real imports by dependency-cruiser
// (type-only imports count: a type is a dependency as much as a function is).
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join, posix } from 'node:path';
import { cruise } from 'dependency-cruiser';

/** Who may import whom. `src` is what ships; `rest` is what tests, scripts and demonstrations may import besides. */
const ARROWS = [
  { from: /^core$/, src: [], rest: [] },
  { from: /^conformance$/, src: [/^core$/], rest: [] },
  { from: /^guest$/, src: [/^core$/], rest: [/^conformance$/] },
  { from: /^backend-/, src: [/^(core|guest)$/], rest: [/^conformance$/] },
  { from: /^compiler$/, src: [/^(core|guest)$/], rest: [/^conformance$/, /^backend-/] },
  { from: /^(bench|matrix)$/, src: [/^(core|conformance|compiler|guest)$/, /^backend-/], rest: [] },
  { from: /^cli$/, src: [/^(core|conformance|compiler|guest|bench)$/, /^backend-/], rest: [] },
  { from: /^(docs|integration-.*|integrations)$/, src: [/./], rest: [] },
];

/** Inside core: values and errors know nothing of contexts, and policy is decided without knowing any backend or context. */
const CORE_ROOMS = [
  { from: 'codec', notTo: ['context', 'policy', 'hypercalls', 'builtins', 'programs'] },
  { from: 'policy', notTo: ['context', 'programs'] },
  // Runs inside the guest: whatever it imports is bundled into untrusted code's side of the wall.
  { from: 'guest', notTo: ['context', 'policy', 'hypercalls', 'builtins', 'programs'] },
];

/**
 * The one place where core names backends: imports at run time of packages that need not be there, literal so that
 * bundlers see them. A static import would be a dependency, and is refused as any other.
 */
const OPTIONAL = { from: 'packages/core/src/registry.ts', to: /^@colony\/backend-/ };

const NOT_OURS = '(^|/)(node_modules|dist|build|fixtures)/';

/** @typedef {{ rule: string, from: string, to: string }} Violation */

/** @param {string} root */
function readPackages(root) {
  return readdirSync(join(root, 'packages'))
    .filter((folder) => existsSync(join(root, 'packages', folder, 'package.json')))
    .map((folder) => {
      const json = JSON.parse(readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8'));
      const shipped = { ...json.dependencies, ...json.peerDependencies, ...json.optionalDependencies };
      return { folder, name: json.name, shipped, all: { ...shipped, ...json.devDependencies } };
    });
}

/** @param {string} specifier */
const packageOf = (specifier) => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');

/** @param {string} path `packages/core/src/x.ts` */
function placeOf(path) {
  const [, folder, ...rest] = path.split('/');
  return {
    folder: folder ?? '',
    area: rest[0] === 'src' ? 'src' : 'rest',
    room: rest[0] === 'src' ? rest[1] : undefined,
  };
}

/** @param {string} from @param {string} to @param {string} area */
function arrowAllowed(from, to, area) {
  if (from === to) return true;
  const arrow = ARROWS.find((each) => each.from.test(from));
  if (arrow === undefined) return false;
  return [...arrow.src, ...(area === 'rest' ? arrow.rest : [])].some((allowed) => allowed.test(to));
}

/** @param {string} root @returns {Promise<{ files: number, violations: Violation[] }>} */
export async function checkPackages(root) {
  const packages = readPackages(root);
  const { output } = await cruise(
    ['packages'],
    {
      baseDir: root,
      // What a file says counts, not what it resolves to: the check works before anything is built.
      doNotFollow: { path: NOT_OURS },
      tsPreCompilationDeps: true,
      parser: 'tsc',
    },
    { extensions: ['.ts', '.mts', '.js', '.mjs'] },
  );
  if (typeof output === 'string') throw new Error('dependency-cruiser gave a report, not a graph');
  /** @type {Violation[]} */
  const violations = [];
  const ours = output.modules.filter(
    (each) => each.source.startsWith('packages/') && !new RegExp(NOT_OURS).test(each.source),
  );
  for (const module of ours) {
    const from = placeOf(module.source);
    const own = packages.find((each) => each.folder === from.folder);
    for (const dependency of module.dependencies) {
      if (dependency.dynamic && module.source === OPTIONAL.from && OPTIONAL.to.test(dependency.module)) continue;
      const relative = dependency.module.startsWith('.');
      const target = packages.find((each) => each.name === packageOf(dependency.module));
      // As written, not as found: a file that is not there yet is the compiler's business.
      const path = relative ? posix.join(posix.dirname(module.source), dependency.module) : '';
      if (path.startsWith('scripts/') && from.area === 'rest') continue;
      const to = relative ? placeOf(path) : { folder: target?.folder ?? '', room: undefined };
      /** @param {string} rule */
      const report = (rule) => violations.push({ rule, from: module.source, to: dependency.module });

      if (relative && to.folder !== from.folder) report('another package is imported by its name, not by a path');
      if (to.folder !== '' && !arrowAllowed(from.folder, to.folder, from.area))
        report('against the arrows between packages');
      if (from.folder === 'core' && to.folder === 'core' && from.area === 'src') {
        const room = CORE_ROOMS.find((each) => each.from === from.room);
        if (to.room !== undefined && room?.notTo.includes(to.room)) report("against the arrows between core's rooms");
      }
      // Two files of one room may call each other (an encoder and its parts); two rooms may not.
      const circle = (dependency.cycle ?? []).map((step) => placeOf(step.name).room);
      if (from.area === 'src' && circle.some((room) => room !== from.room)) report('a circle of imports between rooms');
      if (
        !relative &&
        !isBuiltin(dependency.module) &&
        own !== undefined &&
        packageOf(dependency.module) !== own.name
      ) {
        const declared = from.area === 'src' ? own.shipped : own.all;
        const typeOnly = dependency.dependencyTypes.includes('type-only');
        const name = packageOf(dependency.module);
        if (from.area === 'src' && !(name in declared) && !(typeOnly && name in own.all))
          report('not among the dependencies in package.json');
      }
    }
  }
  return { files: ours.length, violations };
}
