/** Facts about the machine, independent of backends: runtime, processor, memory, tools. */
import { readFile } from 'node:fs/promises';
import { availableParallelism, release, totalmem } from 'node:os';
import { type DoctorFinding, isSupportedNode, LEAST_NODE } from '@colony/core';
import { formatBytes } from '../values/size.js';
import { examineTools } from './tools.js';

/**
 * Processor features that protect virtines, and the effect of their absence. The kvm backend checks the required ones.
 */
const CPU_FLAGS: readonly [flag: string, without: string][] = [
  ['smep', 'without smep, a fault of the host kernel could lead it to run guest code'],
  ['smap', 'without smap, a fault of the host kernel could lead it to read guest data'],
  ['umip', 'without umip, guests can read where descriptor tables are'],
  ['nx', 'without nx, guest data can be executed'],
];

/** The current runtime. The backends decide what it means for them. */
export function runtimeFinding(
  versions: Readonly<Record<string, string | undefined>> = process.versions,
): DoctorFinding {
  const check = 'Node.js';
  const { node = '', bun, deno } = versions;
  const other = bun !== undefined ? `Bun ${bun}` : deno !== undefined ? `Deno ${deno}` : undefined;
  if (other !== undefined) return { check, ok: true, detail: `${other}, in place of Node ${node}` };
  const detail = `v${node}, N-API ${versions['napi']}`;
  if (isSupportedNode(node)) return { check, ok: true, detail };
  return { check, ok: false, detail, remedy: `install Node ${LEAST_NODE.join('.')} or newer` };
}

function systemFinding(): DoctorFinding {
  const [check, detail] = ['system', `${process.platform} ${release()} on ${process.arch}`];
  if (process.platform === 'linux' && process.arch === 'x64') return { check, ok: true, detail };
  return { check, ok: false, optional: true, detail, remedy: 'kvm and process need Linux on x86-64; wasm works' };
}

async function examineProcessor(): Promise<DoctorFinding[]> {
  const text = await readFile('/proc/cpuinfo', 'utf8').catch(() => '');
  const model = /^model name\s*:\s*(.*)$/m.exec(text)?.[1] ?? process.arch;
  const processor = { check: 'processor', ok: true, detail: `${model}, ${availableParallelism()} threads` };
  const shown = /^flags\s*:\s*(.*)$/m.exec(text)?.[1]?.split(' ');
  if (shown === undefined) return [processor];
  const [check, missing] = ['processor features', CPU_FLAGS.filter(([flag]) => !shown.includes(flag))];
  const detail = CPU_FLAGS.flatMap(([flag]) => (shown.includes(flag) ? [flag] : [])).join(' ');
  if (missing.length === 0) return [processor, { check, ok: true, detail }];
  // In a virtual machine, the kernel shows only what its host exposes.
  const remedy = `the kernel does not show ${missing.map(([flag]) => flag).join(', ')}: ${missing.map(([, without]) => without).join('; ')}`;
  return [processor, { check, ok: false, optional: true, detail, remedy }];
}

export async function examineMachine(): Promise<DoctorFinding[]> {
  return [
    runtimeFinding(),
    systemFinding(),
    ...(await examineProcessor()),
    { check: 'memory', ok: true, detail: formatBytes(totalmem()) },
    ...(await examineTools()),
  ];
}
