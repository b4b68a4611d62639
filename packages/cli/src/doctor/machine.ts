/** What the machine has, apart from any backend: Node, tools, processor. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { availableParallelism, release, totalmem } from 'node:os';
import { promisify } from 'node:util';
import { type DoctorFinding, isSupportedNode, LEAST_NODE } from '@colony/core';
import { formatBytes } from '../values/size.js';

/** A finding that is `optional` does not keep the main job from working. */
export type Finding = DoctorFinding & { readonly remedy?: string | undefined };

const run = promisify(execFile);

/** What virtines use where the processor has it, and why it matters. */
const CPU_FLAGS: readonly [flag: string, why: string][] = [
  ['smep', 'the host kernel cannot be led to run guest code'],
  ['smap', 'nor to read guest data by mistake'],
  ['umip', 'guests cannot read descriptor tables'],
  ['nx', 'guest data cannot be executed'],
  ['xsave', 'vector state is cleared in one instruction'],
  ['fsgsbase', 'guests set thread pointers without an exit'],
];

interface Tool {
  readonly check: string;
  readonly command: string;
  readonly use: string;
  readonly debian: string;
}

const TOOLS: readonly Tool[] = [
  { check: 'C compiler', command: process.env.CC ?? 'gcc', use: 'builds virtines from C', debian: 'gcc' },
  { check: 'C++ compiler', command: process.env.CXX ?? 'g++', use: 'builds the native addon', debian: 'g++' },
  { check: 'make', command: 'make', use: 'builds the native addon', debian: 'make' },
  { check: 'python3', command: 'python3', use: 'node-gyp needs it to build the addon', debian: 'python3' },
  { check: 'musl-gcc', command: 'musl-gcc', use: 'the C library of virtines from C', debian: 'musl-tools' },
];

async function examineTool(tool: Tool): Promise<Finding> {
  try {
    const { stdout, stderr } = await run(tool.command, ['--version']);
    const [line = ''] = `${stdout}${stderr}`.split('\n');
    return { check: tool.check, ok: true, detail: line };
  } catch {
    return {
      check: tool.check,
      ok: false,
      optional: true,
      detail: `'${tool.command}' is not there: ${tool.use}`,
      remedy: `sudo apt-get install ${tool.debian}`,
    };
  }
}

function examineNode(): Finding {
  const ok = isSupportedNode();
  const finding = { check: 'Node.js', ok, detail: `${process.version}, N-API ${process.versions.napi}` };
  return ok ? finding : { ...finding, remedy: `install Node ${LEAST_NODE.join('.')} or newer` };
}

async function examineProcessor(): Promise<Finding[]> {
  const text = await readFile('/proc/cpuinfo', 'utf8').catch(() => '');
  const model = /^model name\s*:\s*(.*)$/m.exec(text)?.[1] ?? process.arch;
  const flags = new Set((/^flags\s*:\s*(.*)$/m.exec(text)?.[1] ?? '').split(' '));
  const hardware = flags.has('vmx')
    ? 'VT-x'
    : flags.has('svm')
      ? 'AMD-V'
      : 'none visible (KVM may be nested or in software)';
  const missing = CPU_FLAGS.filter(([flag]) => !flags.has(flag));
  const features = CPU_FLAGS.map(([flag]) => flag).filter((flag) => flags.has(flag));
  return [
    {
      check: 'processor',
      ok: process.arch === 'x64',
      detail: `${model}, ${availableParallelism()} threads`,
      remedy: 'virtines are x86-64',
    },
    { check: 'virtualization', ok: true, detail: hardware },
    {
      check: 'processor features',
      ok: missing.length === 0,
      optional: true,
      detail: features.join(' '),
      remedy: missing.map(([flag, why]) => `without ${flag}: ${why} is not so here`).join('; '),
    },
  ];
}

export async function examineMachine(): Promise<Finding[]> {
  const linux = process.platform === 'linux';
  return [
    examineNode(),
    { check: 'system', ok: linux, detail: `${process.platform} ${release()}`, remedy: 'virtines need Linux with KVM' },
    ...(await examineProcessor()),
    { check: 'memory', ok: true, detail: formatBytes(totalmem()) },
    ...(await Promise.all(TOOLS.map(examineTool))),
  ].map((finding) => (finding.ok ? { check: finding.check, ok: true, detail: finding.detail } : finding));
}
