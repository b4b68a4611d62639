import type { DoctorFinding } from '@colony/core';
import Table from 'cli-table3';
import pc from 'picocolors';
import { type ExaminedBackend, examineBackends } from '../doctor/backends.js';
import { examineMachine } from '../doctor/machine.js';
import { EXIT, type ExitStatus } from '../exit.js';

const VERDICTS = {
  works: pc.green('works'),
  weaker: pc.yellow('works, weaker'),
  fails: pc.red('does not work'),
} as const;

const headline = ({ verdict, installed }: ExaminedBackend): string =>
  installed ? VERDICTS[verdict] : pc.dim('not installed');

function advice(backends: readonly ExaminedBackend[]): string {
  const first = backends.find(({ works }) => works);
  if (first === undefined) return pc.red('No backend works here: fix the problems that are marked above.');
  return `A context that names no backend uses ${pc.bold(first.name)} here.`;
}

function mark(finding: DoctorFinding): string {
  if (finding.ok) return pc.green('✓');
  return finding.optional ? pc.yellow('-') : pc.red('✗');
}

function printFindings(title: string, findings: readonly DoctorFinding[]): void {
  process.stdout.write(`${pc.bold(title)}\n`);
  const table = new Table({
    chars: Object.fromEntries(
      ['top', 'top-mid', 'top-left', 'top-right', 'bottom', 'bottom-mid', 'bottom-left', 'bottom-right']
        .concat(['left', 'left-mid', 'mid', 'mid-mid', 'right', 'right-mid', 'middle'])
        .map((side) => [side, '']),
    ),
    style: { 'padding-left': 1, 'padding-right': 1, head: [], border: [] },
  });
  for (const finding of findings) {
    const remedy = finding.ok || !finding.remedy ? [] : [pc.yellow(finding.remedy)];
    table.push([mark(finding), finding.check, [finding.detail, ...remedy].join('\n')]);
  }
  process.stdout.write(`${table.toString().replace(/[ ]+$/gm, '')}\n\n`);
}

export async function doctorCommand(options: { json?: boolean }): Promise<ExitStatus> {
  const machine = await examineMachine();
  const backends = await examineBackends();
  const works = backends.some((backend) => backend.works);
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ ok: works, machine, backends }, null, 2)}\n`);
    return works ? EXIT.ok : EXIT.unavailable;
  }
  printFindings('This machine', machine);
  for (const backend of backends) {
    printFindings(`Backend ${backend.name}: ${headline(backend)}`, backend.findings);
  }
  process.stdout.write(`${advice(backends)}\n`);
  return works ? EXIT.ok : EXIT.unavailable;
}
