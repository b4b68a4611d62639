/** Unmodified Linux programs in virtines, and as processes of this machine. */
import { spawnSync } from 'node:child_process';
import { type Context, createContext, type LinuxExports, linux } from '@colony/core';
import { timed } from '../../timing.js';
import type { Group, Sampler, Spec } from '../../types.js';
import { PATIENT } from '../contexts.js';
import { spec } from '../spec.js';

const PROGRAMS = [
  {
    ...{ name: 'true', executable: '/usr/bin/true', args: [], memory: '64 MiB' },
    ...{ what: 'the Linux program true (dynamic, with a C library)', floors: ['c.posix_spawn'] },
  },
  {
    ...{ name: 'node', executable: process.execPath, args: ['-e', '0'], memory: '2 GiB' },
    ...{ what: 'the Linux program Node with an empty script', floors: [] },
  },
] as const;

const SPECS: readonly Spec[] = PROGRAMS.flatMap(({ name, what, floors }) => [
  spec(`node.spawnSync.${name}`, `spawnSync of ${what}`),
  spec(`kvm.linux.${name}`, `callSync of ${what}, in a virtine, fresh`, [`node.spawnSync.${name}`, ...floors]),
]);

type Measured = (typeof PROGRAMS)[number];

const open = ({ executable, args, memory }: Measured): Promise<Context<LinuxExports>> =>
  createContext({ backend: 'kvm', program: linux({ executable, args }), limits: { ...PATIENT, memory } });

export const linuxPrograms: Group = {
  name: 'Linux programs',
  specs: SPECS,
  async open() {
    const contexts: Context<LinuxExports>[] = [];
    const samplers: Record<string, Sampler | Error> = {};
    for (const program of PROGRAMS) {
      const context = await open(program).catch((error: Error) => error);
      if (!(context instanceof Error)) contexts.push(context);
      samplers[`kvm.linux.${program.name}`] =
        context instanceof Error ? context : timed(() => context.callSync('main'));
      samplers[`node.spawnSync.${program.name}`] = timed(() => spawnSync(program.executable, program.args));
    }
    return { samplers, close: async () => void (await Promise.all(contexts.map((context) => context.dispose()))) };
  },
};
