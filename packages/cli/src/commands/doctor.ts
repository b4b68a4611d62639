import Table from 'cli-table3';
import pc from 'picocolors';
import { examineBackends } from '../doctor/backends.js';
import { examineMachine, type Finding } from '../doctor/machine.js';
import { EXIT, type ExitStatus } from '../exit.js';

const ADVICE = 'No backend works here: mend what is marked above.';

function mark(finding: Finding): string {
  if (finding.ok) return pc.green('✓');
  return finding.optional ? pc.yellow('-') : pc.red('✗');
}

function printFindings(title: string, findings: readonly Finding[]): void {
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
    const state = backend.works ? pc.green('works') : backend.installed ? pc.red('does not work') : 'not installed';
    printFindings(`Backend ${backend.name}: ${state}`, backend.findings);
  }
  process.stdout.write(works ? '' : `${pc.red(ADVICE)}\n`);
  return works ? EXIT.ok : EXIT.unavailable;
}
