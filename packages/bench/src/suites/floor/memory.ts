/**
 * Measures what is held, not time: memory of idle contexts, threads of waiting ones. Each runs in a separate process.
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Group, Sampler, Spec } from '../../types.js';
import type { Held } from './held.js';

const entry = fileURLToPath(new URL('./held.js', import.meta.url));

const SPECS: readonly (Spec & { readonly held: Held['kind'] })[] = [
  {
    ...{ subject: 'memory.same', unit: 'KiB', floors: [], once: true, held: 'same' },
    what: 'memory (Pss) that each of 2,000 more idle contexts of one JavaScript program adds, on kvm',
  },
  {
    ...{ subject: 'memory.distinct', unit: 'KiB', floors: [], once: true, held: 'distinct' },
    what: 'memory (Pss) that each of 2,000 more idle contexts adds, each with its own JavaScript program, on kvm',
  },
  {
    ...{ subject: 'memory.called', unit: 'KiB', floors: [], once: true, held: 'called' },
    what: 'memory (Pss) that each of 2,000 more contexts of one JavaScript program adds, called once, on kvm',
  },
  {
    ...{ subject: 'parked.threads', unit: 'threads', floors: [], once: true, held: 'parked' },
    what: "threads that 100 contexts waiting in an async hypercall add, without threads of the kernel's KVM",
  },
  {
    ...{ subject: 'parked.kernel_threads', unit: 'threads', floors: [], once: true, held: 'parked-kernel' },
    what: "threads that the kernel's KVM adds for 100 contexts waiting in an async hypercall (kvm-nx-lpage-recovery)",
  },
];

function hold(request: Held): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = fork(entry, { execArgv: ['--expose-gc'], stdio: ['ignore', 'inherit', 'pipe', 'ipc'] });
    let problem = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      problem += text;
    });
    child.once('message', (value: number) => resolve(value));
    child.once('error', reject);
    child.once('close', (status) =>
      reject(new Error(/^\w*Error: .*$/m.exec(problem)?.[0] ?? `it ended with status ${status}`)),
    );
    child.send(request);
  });
}

export const memory: Group = {
  name: 'what is held',
  specs: SPECS,
  async open({ quick }) {
    const countOf = (kind: Held['kind']) => (kind.startsWith('parked') ? 100 : 2000) / (quick ? 20 : 1);
    const sampler =
      (kind: Held['kind']): Sampler =>
      async () => [await hold({ kind, count: countOf(kind) })];
    return {
      samplers: Object.fromEntries(SPECS.map(({ subject, held }) => [subject, sampler(held)])),
      close: async () => {},
    };
  },
};
