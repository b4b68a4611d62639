/** Colony's core: contexts, programs, hypercalls, policy, limits. */
export * from './backend.js';
export { type BackendName, type BackendNames, BUILT_IN_BACKENDS, type BuiltInBackend } from './backends/list.js';
export { openBackend, type RefusedBackend } from './backends/open.js';
export {
  type BackendReport,
  backendNames,
  doctor,
  loadBackend,
  registerBackend,
  shutdown,
  type Verdict,
} from './backends/registry.js';
export type { FetchGrant } from './capabilities/fetch.js';
export type { Budget, HypercallGrant } from './capabilities/host-functions.js';
export type { ConsoleLevel } from './capabilities/section.js';
export type { ContextStats } from './context/call-runner.js';
export { Caller, type RowOutcome } from './context/caller.js';
export { Context, createContext } from './context/context.js';
export { readLoadResult } from './context/guest-errors.js';
export type { CallOptions, ContextOptions, PoolOptions } from './context/options.js';
export { type ShippedSnapshot, START_CHANNEL, type StartedFrom, type StartRecord } from './context/start-state.js';
export {
  ColonyError,
  type ColonyErrorOptions,
  ERROR_CODES,
  type ErrorCode,
  type ErrorDetails,
  type FaultInfo,
  type GuestErrorInfo,
} from './errors.js';
export type { ConsoleSink } from './hypercalls/scope.js';
export type { HostFunction, HypercallContext, HypercallDefinition, Hypercalls } from './hypercalls/types.js';
export { isSupportedNode, LEAST_NODE } from './least-node.js';
export { DEFAULT_LIMITS, type Limits, type LimitsInput } from './options/limits.js';
export type { FilePath } from './options/paths.js';
export { parseRate, parseSize, parseTime } from './options/units.js';
export type { Signal } from './platform-types.js';
export { AUDIT_CHANNEL, type AuditRecord } from './policy/audit.js';
export { type CompiledPolicy, compilePolicy } from './policy/compile.js';
export { deterministic, narrow, pure } from './policy/presets.js';
export type { IsolationDemand, Policy, PolicyLayer, SnapshotDemand } from './policy/types.js';
export type { ArgumentPredicate } from './predicates/predicate.js';
export { printable } from './printable.js';
export { js, type SourceOptions, ts } from './programs/js.js';
export { linux } from './programs/linux/linux.js';
export type { LinuxExports, LinuxInput, LinuxMain, LinuxOptions, LinuxResult } from './programs/linux/types.js';
export { type COptions, component, native, wasm } from './programs/native.js';
export type { AnyExports, Program } from './programs/types.js';
export { type Key, type LoadOptions, type SaveOptions, Snapshot } from './snapshots/snapshot.js';
