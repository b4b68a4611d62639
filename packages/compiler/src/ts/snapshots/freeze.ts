/**
 * Evaluates a program at build time, and saves the state for contexts to start from, if that cannot make a difference.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import {
  AUDIT_CHANNEL,
  type AuditRecord,
  ColonyError,
  type Context,
  createContext,
  js,
  openBackend,
} from '@colony/core';
import { removeFolder, temporaryFolder } from '@colony/guest';
import type { GrantReason } from '../../policy/generate.js';
import type { ShippedOutcome } from '../../report/types.js';
import type { ShippedState, VirtineDescriptor } from '../../runtime/types.js';
import { escapePattern } from '../../source/pattern.js';

/** A snapshot as a file of the build's output. */
export interface SnapshotOutput extends ShippedState {
  readonly bytes: Uint8Array;
}

export interface Frozen {
  readonly snapshots: readonly SnapshotOutput[];
  readonly outcomes: readonly ShippedOutcome[];
}

/** `asks`: the requests that initialisation may make, according to the analysis. They explain a refusal. */
export async function freeze(
  descriptor: VirtineDescriptor,
  backends: readonly string[],
  asks: readonly GrantReason[],
): Promise<Frozen> {
  const snapshots: SnapshotOutput[] = [];
  const outcomes: ShippedOutcome[] = [];
  for (const backend of backends) {
    const made = await freezeOn(backend, descriptor);
    if ('bytes' in made) {
      snapshots.push(made);
      outcomes.push({ backend });
    } else {
      const { refused, asked } = made;
      outcomes.push({ backend, refused, ...(asked && asks.length > 0 ? { because: asks } : {}) });
    }
  }
  return { snapshots, outcomes };
}

interface Refused {
  readonly refused: string;
  /** The reason is a request of initialisation. */
  readonly asked?: true;
}

/**
 * Evaluates without any grant, which is less than the least policy. A program that makes no request meanwhile has the
 * same state under any policy, in any context. A program that does make one cannot, for example, fetch during a build.
 */
async function freezeOn(backend: string, descriptor: VirtineDescriptor): Promise<SnapshotOutput | Refused> {
  const { source, filename } = descriptor;
  const program = js(source, { filename });
  const asked = new Set<string>();
  const listen = (message: unknown) => {
    const record = message as AuditRecord;
    if (record.program === program.hash) asked.add(record.hypercall);
  };
  subscribe(AUDIT_CHANNEL, listen);
  try {
    await using context = await createContext({ backend, program });
    if (asked.size > 0) return asks(asked);
    return await save(context, descriptor);
  } catch (error) {
    if (asked.size > 0) return asks(asked);
    if (ColonyError.is(error) && error.code === 'ERR_BAD_OPTION') throw error;
    return { refused: (error as Error).message.split('\n')[0]! };
  } finally {
    unsubscribe(AUDIT_CHANNEL, listen);
  }
}

const asks = (asked: ReadonlySet<string>): Refused => ({
  refused: `its initialisation asks the host for ${[...asked].sort().join(', ')}, whose answers may differ at run time`,
  asked: true,
});

async function save(context: Context, { name, filename }: VirtineDescriptor): Promise<SnapshotOutput | Refused> {
  const { backend, capabilities } = context;
  const engine = await (await openBackend(backend)).engine?.();
  if (!capabilities.snapshotFile || engine === undefined) {
    return { refused: `the backend '${backend}' writes no snapshots to files` };
  }
  const folder = temporaryFolder('freeze');
  try {
    using snapshot = await context.snapshot();
    const file = join(folder, 'state');
    const sha256 = await snapshot.save(file);
    return { backend, engine, sha256, file: fileName(filename, name, backend, sha256), bytes: await readFile(file) };
  } finally {
    await removeFolder(folder);
  }
}

/** `price.price.kvm.1f2e3d4c5b6a7988.snapshot`: module, virtine, backend, and hash of the content. */
function fileName(filename: string, virtine: string, backend: string, sha256: string): string {
  const module = basename(filename).replace(new RegExp(`\\.[^.]+\\.${escapePattern(virtine)}\\.virtine\\.js$`), '');
  return [module, virtine, backend, sha256.slice(0, 16), 'snapshot']
    .map((part) => part.replace(/[^\w$-]/g, '_'))
    .join('.');
}
