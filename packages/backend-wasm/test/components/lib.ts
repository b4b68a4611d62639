/** Components made in tests from WIT and WAT, and a host for them without a backend. */

import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { componentEmbed, componentNew, parse, preview1AdapterReactorPath } from '@bytecodealliance/jco';
import { component, type RunLimits } from '@colony/core';
import { concat, DEFAULT_CODEC_LIMITS, FRAME_LIMITS } from '@colony/core/codec';
import {
  decodeHypercall,
  decodeResult,
  encodeCall,
  encodeErrorReply,
  encodeReply,
  type Outcome,
} from '@colony/core/frames';
import { componentGuest } from '../../src/components/component-guest.js';
import { prepareComponent } from '../../src/components/prepare.js';
import type { PreparedComponent } from '../../src/components/program.js';
import type { Guest } from '../../src/guest/guest.js';
import { type GuestHost, RunEnd } from '../../src/guest/host.js';
import { prepareHere } from '../../src/prepare/index.js';

export const cacheDir = mkdtempSync(join(tmpdir(), 'colony-components-'));

/** Memory, an allocator that grows and never frees, and a module's other parts. */
export const ALLOCATOR = `
  (memory (export "memory") 2)
  (global $top (mut i32) (i32.const 1024))
  (func $realloc (export "cabi_realloc") (param $old i32) (param $size i32) (param $align i32) (param $new i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $top) (i32.sub (local.get $align) (i32.const 1)))
                            (i32.sub (i32.const 0) (local.get $align))))
    (global.set $top (i32.add (local.get $at) (local.get $new)))
    (block $fits
      (loop $more
        (br_if $fits (i32.le_u (global.get $top) (i32.mul (memory.size) (i32.const 65536))))
        (if (i32.eq (memory.grow (i32.const 16)) (i32.const -1)) (then unreachable))
        (br $more)))
    (memory.copy (local.get $at) (local.get $old) (local.get $size))
    (local.get $at))
`;

/** A component of one core module. `wasi`: with jco's adapter of preview 1. */
export async function build(wit: string, wat: string, { wasi = false } = {}): Promise<Uint8Array> {
  const core = await parse(wat);
  const embedded = await componentEmbed({ binary: core, witSource: wit });
  const adapters = wasi ? [['wasi_snapshot_preview1', new Uint8Array(readFileSync(preview1AdapterReactorPath()))]] : [];
  return componentNew(embedded, adapters);
}

/** A component written as component text. */
export const assemble = (wat: string): Promise<Uint8Array> => parse(wat);

export async function prepared(bytes: Uint8Array): Promise<PreparedComponent> {
  const { resolved } = component(bytes);
  if (resolved.kind !== 'component') throw new Error('no component');
  return prepareComponent(resolved, async (module) => prepareHere(module), { cacheDir });
}

export const LIMITS: RunLimits = { memory: 32 * 2 ** 20, wallTime: 60_000, cpuTime: 60_000, output: 16 * 2 ** 20 };

type Functions = Readonly<Record<string, (...args: never[]) => unknown>>;

export class TestHost implements GuestHost {
  readonly limits: RunLimits;
  readonly asked: [name: string, args: readonly unknown[]][] = [];
  deadline = Number.POSITIVE_INFINITY;
  readonly #functions: Functions;

  constructor(functions: Functions = {}, limits: Partial<RunLimits> = {}) {
    this.#functions = functions;
    this.limits = { ...LIMITS, ...limits };
  }

  hypercall(request: Uint8Array): Uint8Array {
    const { name, args } = decodeHypercall(request, FRAME_LIMITS);
    this.asked.push([name, args]);
    return concat(this.#reply(name, args));
  }

  #reply(name: string, args: readonly unknown[]): Uint8Array[] {
    const target = this.#functions[name];
    if (target === undefined) {
      const message = `\`${name}\` is refused: the policy does not grant it`;
      return encodeErrorReply({ name: 'ColonyError', message, code: 'ERR_POLICY_DENIED' }, DEFAULT_CODEC_LIMITS);
    }
    try {
      return encodeReply(target(...(args as never[])), DEFAULT_CODEC_LIMITS);
    } catch (error) {
      const info =
        error instanceof Error
          ? {
              name: error.name,
              message: error.message,
              code: (error as { code?: string }).code ?? 'ERR_HYPERCALL_FAILED',
            }
          : { name: 'Error', message: 'threw a value', code: 'ERR_HYPERCALL_FAILED', value: error };
      return encodeErrorReply(info, DEFAULT_CODEC_LIMITS);
    }
  }

  interrupt(): void {
    if (performance.now() > this.deadline) throw new RunEnd('ERR_LIMIT_WALL_TIME', 'too long');
  }
}

/** One call: the outcome as core would decode it. */
export function callIn(guest: Guest, host: TestHost, name: string, ...args: unknown[]): Outcome {
  host.deadline = performance.now() + host.limits.wallTime;
  const frame = concat(encodeCall(name, args, DEFAULT_CODEC_LIMITS));
  return decodeResult(guest.serve(frame), FRAME_LIMITS);
}

export function call(program: PreparedComponent, name: string, ...args: unknown[]): Outcome {
  const host = new TestHost();
  return callIn(componentGuest(program, host), host, name, ...args);
}

export { componentGuest };
