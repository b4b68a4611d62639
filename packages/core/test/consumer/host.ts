// A consumer's code, compiled against the published declarations without `@types/node` and without the DOM.
// The line after each `@ts-expect-error` must not compile; `WRONG` in the test has the expected errors.
import {
  type BackendName,
  type Context,
  component,
  createContext,
  js,
  linux,
  native,
  Snapshot,
  ts,
  wasm,
} from '@colony/core';

interface Api {
  add(a: number, b: number): number;
  greet(name: string): Promise<string>;
}

const program = js<Api>`export const add = (a, b) => a + b; export const greet = async (name) => name;`;

export async function right(): Promise<void> {
  await using context: Context<Api> = await createContext({ backend: 'wasm', program });
  const sum: number = await context.call('add', 1, 2);
  const greeting: string = await context.call('greet', 'Ada');
  const sums: number[] = await context.callBatch('add', [[sum, 2]]);
  const kept: number = context.with({ state: 'keep', limits: { wallTime: '5 ms' } }).callSync('add', 1, sums[0] ?? 0);
  const snapshot: Snapshot<Api> = await context.snapshot();
  await createContext({ snapshot });
  await createContext({ program: js('export const f = () => 1'), backend: 'another' });
  const loose = await createContext({ program: ts`export const f = (n: number) => n` });
  await loose.call('anything', 1, greeting, kept);
  const name: BackendName = 'kvm';
  await Snapshot.load('file', { backend: name });
  const sort = await createContext({ program: linux({ executable: '/usr/bin/sort' }) });
  const bytes: Uint8Array = (await sort.call('main', { args: ['-r'], stdin: 'a' })).stdout;
  const text: string = (await sort.call('main', { stdin: bytes, encoding: 'utf8' })).stdout;
  const status: number | null = sort.callSync('main').status;
  const texts: string[] = (await sort.callBatch('main', [[{ encoding: 'utf8' }]])).map(({ stdout }) => stdout);
  greet(text + texts, `${status}`);
  for (const { backend, reason } of loose.startedFrom.refusedBackends) greet(backend, reason);
}

declare function greet(backend: string, reason: string): void;

export async function wrong(context: Context<Api>): Promise<void> {
  createContext({});
  createContext({ backend: 'kvm' });
  context.callSync('nope');
  await context.call('ad', 1, 2);
  await context.call('add', 1);
  await context.call('add', 'one', 2);
  await context.callBatch('nope', [[1, 2]]);
  js(undefined);
  js({ source: 'x' });
  native.c(1);
  wasm(1);
  component([]);
  createContext({ program, backend: 7 });
  createContext({ program, programm: program });
}
