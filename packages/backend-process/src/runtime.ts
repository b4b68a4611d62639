/** Checks the runtime. Only Node works: children run Node's own program and flags, and their realms need Node's V8. */
import { type DoctorFinding, isSupportedNode, LEAST_NODE } from '@colony/core';

/** Bun and Deno call themselves Node, too, of some version. */
const OTHERS = [
  ['bun', 'Bun'],
  ['deno', 'Deno'],
] as const;

export function runtimeFinding(
  versions: Readonly<Record<string, string | undefined>> = process.versions,
): DoctorFinding {
  const check = 'Node';
  const other = OTHERS.find(([key]) => versions[key] !== undefined);
  if (other !== undefined) {
    const [key, name] = other;
    return {
      check,
      ok: false,
      detail: `this is ${name} ${versions[key]}; the process backend needs Node`,
      remedy: `run the program with Node; with ${name}, the backends kvm and wasm work`,
    };
  }
  const version = `v${versions['node']}`;
  if (isSupportedNode(versions['node'])) return { check, ok: true, detail: version };
  return { check, ok: false, detail: `${version} is too old`, remedy: `use Node ${LEAST_NODE.join('.')} or newer` };
}
