/** The part of a snapshot file that this backend reads: a state that its own program could have had. */
import { concat, encode } from '@colony/core/codec';
import { bytesMutator } from '../../../scripts/fuzz/bytes.mjs';
import { cborMutator } from '../../../scripts/fuzz/cbor.mjs';
import type { Reader } from '../../../scripts/fuzz/reader.mjs';
import type { ModuleFacts } from '../dist/prepare/prepared.js';
import { decodeSnapshot, engineId, stateOf } from '../dist/state/snapshot-file.js';
import type { PreparedProgram } from '../dist/thread/program.js';

const WASM_PAGE = 65536;
const PAGE = 4096;
/** Stands for a context's `limits.memory`: larger states are refused before they are copied. */
const LIMIT = 8 * WASM_PAGE;

const facts: ModuleFacts = {
  ...{ exports: [], imports: [], otherImports: [], hasMemory: true, hasStart: false, writesTables: true },
  memory: WASM_PAGE,
  maxPages: 4,
  tables: [{ entries: 2, functions: true }],
  globals: ['i32', 'i64', 'f64'],
};
const module = new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
const programs = [
  { kind: 'wasm', module: { module, facts } },
  { kind: 'js', engine: { module, facts: { ...facts, globals: ['i32'], tables: [] } }, runtime: '' },
] as unknown as readonly PreparedProgram[];

const engine = engineId();
const seed = (
  kind: string,
  size: number,
  pages: readonly number[],
  globals: readonly unknown[],
  tables: readonly unknown[],
  roots: readonly unknown[],
) =>
  concat(
    encode([
      'colony-wasm-snapshot',
      2,
      kind,
      size,
      Uint32Array.from(pages),
      new Uint8Array(pages.length * PAGE).fill(7),
      globals,
      tables,
      roots,
      ['f'],
    ]),
  ).slice();

function read(input: Uint8Array): unknown {
  const saved = decodeSnapshot(input);
  if (saved.size > LIMIT) return saved;
  const program = programs[saved.module === engine ? 1 : 0]!;
  const state = stateOf(program, saved);
  const { memory, globals, tables, roots } = state;
  const own = program.kind === 'js' ? program.engine.facts : facts;
  if (memory.length !== saved.size || memory.length > own.maxPages * WASM_PAGE) throw new Error('its memory');
  for (const [i, page] of saved.pages.entries())
    if (memory[page * PAGE] !== saved.content[i * PAGE]) throw new Error('a page of its memory');
  if (globals.length !== own.globals.length || roots.length !== (program.kind === 'js' ? 2 : 0))
    throw new Error('its globals or roots');
  if (!tables.every((table) => table.every((entry) => entry >= -1))) throw new Error('its tables');
  return state;
}

const words = ['colony-wasm-snapshot', 'wasm', 'native', 'js', 'component', engine, 'f'];

export const reader = (): Reader => ({
  name: 'snapshot-wasm',
  what: 'the state in a snapshot file of the wasm backend',
  seeds: [
    seed('wasm', WASM_PAGE, [], [1, 2n, 0.5], [Int32Array.of(0, -1)], []),
    seed('wasm', 2 * WASM_PAGE, [0, 31], [1, -2n, Number.NaN], [Int32Array.of(0, 5, 6)], []),
    seed(engine, WASM_PAGE, [15], [7], [], [1, 2n]),
  ],
  mutators: [cborMutator(words), cborMutator(words), bytesMutator(words)],
  read,
  refusals: ['ERR_SNAPSHOT_DAMAGED', 'ERR_SNAPSHOT_VERSION', 'ERR_SNAPSHOT_FOREIGN'],
  planted: (_input, value) =>
    'memory' in (value as object) && (value as { memory: Uint8Array }).memory.length > 2 * WASM_PAGE,
  allowance: 2 ** 20,
});
