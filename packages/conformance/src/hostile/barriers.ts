/** Descriptions of the barriers against attacks, for the table of attempts, by boundary. */

/** A boundary is absent if it lacks what the attack needs; the attack is not tried there. */
export interface Stops {
  readonly 'virtual-machine'?: string;
  readonly wasm?: string;
  readonly process?: string;
}

/** The same description for all boundaries. */
const everywhere = (what: string): Stops => ({ 'virtual-machine': what, wasm: what, process: what });

/** JavaScript cannot find an object of the host, because its realm contains none. */
export const REALM: Stops = {
  'virtual-machine': 'quickjs-ng inside the VM: objects of the host or of Node do not exist there',
  wasm: 'quickjs-ng inside a linear memory: objects of the host or of Node do not exist there',
  process: "a realm without Node's objects, and around it a jail that holds nothing",
};
/** Values cross as checked bytes. */
export const CODEC = everywhere('only bytes cross; the decoder checks them, and makes new plain data');
export const POLICY = everywhere('core decides each hypercall, and refuses all without a grant');
export const NAMES = everywhere('hypercalls are looked up in a table of own names, never on an object');
export const COUNTED = everywhere('core counts hypercalls and bytes of the call, and ends it');
export const OUTPUT: Stops = {
  'virtual-machine': 'a frame is measured before it is copied out of the guest',
  wasm: 'a frame is measured before it is copied out of the linear memory',
  process: 'the host stops reading at the limit, and kills the child',
};
export const DEADLINE: Stops = {
  'virtual-machine': 'a signal to the vCPU ends the run, whatever the guest does',
  wasm: 'a counter in each loop and function; `worker.terminate()` is the backstop',
  process: 'SIGKILL, by a timer of the host',
};
export const MEMORY_LIMIT: Stops = {
  'virtual-machine': 'pages beyond the limit are not mapped',
  wasm: '`memory.grow` goes through the host',
  process: 'the engine, rlimits and the cgroup; no more mapping after the start',
};
export const STACK: Stops = {
  'virtual-machine': "the engine's own check, and a guard below the stack",
  wasm: "the engine's own check, then V8's: a trap",
  process: "V8's check, then a guard page: the child's end, not the host's",
};
export const PARSER: Stops = {
  'virtual-machine': 'programs are parsed inside the VM, or by a builder in a process of its own',
  wasm: 'sizes are bounded, and parsing has its own time and stack',
  process: 'programs are parsed in the jail, or by a builder in a process of its own',
};
export const LOADER = everywhere('there is no loader: a program has only the modules that it was made of');
export const FRESH: Stops = {
  'virtual-machine': 'memory and registers are restored before the next call',
  wasm: 'memory, globals and tables are restored, or the instance is new',
  process: 'a child serves one fresh call, and ends',
};
export const SHELLS: Stops = {
  'virtual-machine': 'shells are bounded; contexts wait for one',
  wasm: 'workers are bounded; calls wait for one',
  process: 'children are bounded; calls wait for one',
};
export const BOUNDS: Stops = {
  'virtual-machine': 'unmapped pages around the linear memory',
  wasm: "V8's bounds checks",
  process: 'unmapped pages around the linear memory, in a process of its own',
};
export const TYPES: Stops = {
  'virtual-machine': 'wasm2c checks the type of each indirect call',
  wasm: 'V8 checks the type of each indirect call',
  process: 'wasm2c checks the type of each indirect call',
};
export const IMPORTS = everywhere(
  'imports are hypercalls by their names, and need a grant; the runtime reserves no name',
);
export const FEATURES = everywhere('refused before it runs');
/** System calls by machine code: the kernel is absent, or it refuses. */
export const SYSCALL: Stops = {
  'virtual-machine': 'there is no kernel below the guest: `syscall` is an invalid instruction',
  process: 'seccomp allows only a few calls, and not this one',
};
export const SYSCALL_AND_JAIL: Stops = {
  'virtual-machine': 'there is no kernel below the guest: `syscall` is an invalid instruction',
  process: 'seccomp; behind it namespaces, an empty root and no capabilities',
};
export const CHANNEL: Stops = {
  'virtual-machine': 'there are no descriptors',
  process: 'each child has its own channel; its frames are parsed strictly, and end only its own call',
};
export const PROCESS_END: Stops = {
  'virtual-machine': 'there is no process to end',
  process: 'a child that ends, stops or is killed fails its one call',
};
export const CPU: Stops = {
  'virtual-machine': 'CPL 3, I/O only at one port, nothing of the host mapped',
  process: 'an unprivileged process: a signal ends it',
};
export const PAGES: Stops = {
  'virtual-machine': 'page tables that the guest cannot write: text read-only, data no-execute',
  process: "the kernel's page tables: text read-only, data no-execute, and `mprotect` refused",
};
export const OWN_RUNTIME: Stops = {
  'virtual-machine': "the guest's runtime is untrusted like the guest: frames and pointers are checked by the host",
  wasm: "the guest's runtime is untrusted like the guest: frames and pointers are checked by the host",
  process: "the guest's runtime is untrusted like the guest: frames are checked by the host",
};
