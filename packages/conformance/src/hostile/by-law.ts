/** Attempts that laws make instead of scenarios: on the host's side, or with means that a scenario lacks. */
import type { Law } from '../law.js';
import { BOUNDS, CODEC, CPU, FRESH, POLICY, type Stops } from './barriers.js';

export interface AttemptByLaw {
  readonly attempt: string;
  readonly origin: string;
  readonly stops: Stops;
  readonly law: Pick<Law, 'theme' | 'name'>;
}

const FILES: Stops = {
  'virtual-machine': 'each step of a path is opened relative to the one before, and follows no link',
  wasm: 'each step of a path is opened relative to the one before, and follows no link',
  process: 'each step of a path is opened relative to the one before, and follows no link; the host does it',
};
const NO_SNAPSHOTS = 'there are no snapshots: refused';
const SNAPSHOTS: Stops = {
  'virtual-machine': 'a checksum, the version, the hash of the program and every bound are checked',
  wasm: 'a checksum, the version, the hash of the program and every bound are checked',
  process: NO_SNAPSHOTS,
};

const attempt = (attempted: string, origin: string, stops: Stops, theme: Law['theme'], name: string): AttemptByLaw => ({
  attempt: attempted,
  origin,
  stops,
  law: { theme, name },
});

export const byLaw: readonly AttemptByLaw[] = [
  attempt(
    'links and `..` out of a granted directory',
    'uvwasi, Wasmer CVE-2023-51661; Node CVE-2023-32004',
    FILES,
    'policy',
    'a guest cannot leave a granted directory',
  ),
  attempt(
    'a link that is swapped in while the host reads',
    'runc CVE-2021-30465: symlink exchange',
    FILES,
    'policy',
    'a link that is swapped in while a guest reads does not lead out of a granted directory',
  ),
  attempt(
    'a snapshot file that was tampered with',
    'isolated-vm CVE-2022-39266: cached data of others',
    SNAPSHOTS,
    'snapshot',
    'a damaged snapshot file is refused',
  ),
  attempt(
    'a snapshot file from a forger who corrects its checksum',
    'files that are trusted because of their checksum',
    SNAPSHOTS,
    'snapshot',
    'a forged snapshot file is refused, or starts a guest that ends without effects on other contexts',
  ),
  attempt(
    'a snapshot of another version, or of something else',
    'Wasp: snapshots without any check',
    SNAPSHOTS,
    'snapshot',
    'a snapshot file of another version or of something else is refused',
  ),
  attempt(
    'arguments that change while the guest is entered',
    'TOCTOU on shared buffers',
    CODEC,
    'values',
    "later changes of a caller's arguments do not reach the guest",
  ),
  attempt(
    're-entrance without end through host functions',
    'stack exhaustion by mutual recursion of host and guest',
    POLICY,
    'hypercalls',
    'calls and host functions that nest without end are stopped',
  ),
  attempt(
    'kept state touched by a host function that it waits for',
    're-entrance into a suspended instance',
    POLICY,
    'hypercalls',
    'a host function may not touch the kept state of the context that waits for it',
  ),
  attempt(
    'a policy that is widened by narrowing it',
    'capability attenuation that forgets a right',
    POLICY,
    'policy',
    'a narrowed policy never allows what its parent or the child refuses',
  ),
  attempt(
    'more calls than granted, by asking at the same time',
    'races between check and count',
    POLICY,
    'policy',
    'generated budgets are exact under concurrency',
  ),
  attempt(
    'errors of the guest with the codes of the host',
    'errors that are trusted by their fields',
    CODEC,
    'errors',
    "a guest cannot forge the host's error codes",
  ),
  attempt(
    'values thrown by host functions: null, symbols, proxies',
    'quickjs-emscripten #68: a rejection that ends Node',
    CODEC,
    'hypercalls',
    "a host function's error reaches the guest without its stack",
  ),
  attempt(
    'residue in memory, stack, heap and registers',
    'Hyperlight: registers; Wasp: nothing was zeroed; Wasmtime CVE-2022-39393',
    FRESH,
    'native',
    'writes of machine code are invisible to the next call: memory, stack, heap, registers',
  ),
  attempt(
    'residue in a shell that another program gets',
    'TinyKVM: remains after a reset',
    FRESH,
    'native',
    'a shell that serves another program has no remains',
  ),
  attempt(
    "reads, writes and jumps where nothing is the guest's",
    'every memory-safety exploit',
    { ...BOUNDS, ...CPU },
    'native',
    'machine code that touches forbidden memory ends in a fault',
  ),
  attempt(
    'hypercalls with pointers, lengths and operations that lie',
    'Wasp: overflows of guest numbers; Firecracker CVE-2019-18960',
    { 'virtual-machine': CODEC['virtual-machine']!, wasm: CODEC.wasm!, process: CODEC.process! },
    'native',
    'a hypercall with false numbers ends its call',
  ),
  attempt(
    'generated hypercalls',
    'TinyKVM: where fuzzing found its bugs',
    { 'virtual-machine': CODEC['virtual-machine']!, wasm: CODEC.wasm!, process: CODEC.process! },
    'native',
    'generated hypercalls end in a status or a code',
  ),
];
