/**
 * The imports of quickjs.wasm besides modules. None is ambient: time and randomness reach a guest by hypercalls of the
 * JavaScript runtime. So here they are constants, the same for every guest and on every backend.
 */
import { RunEnd } from '../guest/host.js';
import type { Engine, Pointer } from './values.js';

const WASI_SUCCESS = 0;
const WASI_EBADF = 8;
const RANDOM = 0x5a;

type Imports = Record<string, (...args: never[]) => unknown>;

export function environment(engine: () => Engine): Imports {
  return {
    /** Host functions lie in the function table; nothing is called by name. */
    host_call: () => {
      throw new RunEnd('ERR_GUEST_TRAP', 'host_call', { trap: 10 });
    },
    /** The deadline is compiled in; the engine's own is off. */
    host_interrupt: () => 0,
    /** UTC. */
    host_get_timezone_offset: () => 0,
    /** Unhandled rejections are not reported: a call's own rejection is its result frame. */
    host_promise_rejection: (promise: Pointer, reason: Pointer) => {
      engine().qjs['qjs_free_value']!(promise);
      engine().qjs['qjs_free_value']!(reason);
    },
  };
}

export function wasi(engine: () => Engine): Imports {
  const badDescriptor = () => WASI_EBADF;
  return {
    clock_time_get: (_clock: number, _precision: bigint, out: Pointer) => {
      engine().instance.writeU64(out >>> 0, 0n);
      return WASI_SUCCESS;
    },
    random_get: (at: Pointer, length: number) => {
      const { instance, host } = engine();
      host.interrupt();
      instance.memory.fill(RANDOM, at >>> 0, (at >>> 0) + (length >>> 0));
      instance.wrote(at >>> 0, length >>> 0);
      return WASI_SUCCESS;
    },
    fd_close: badDescriptor,
    fd_fdstat_get: badDescriptor,
    fd_seek: badDescriptor,
    fd_write: badDescriptor,
  };
}
