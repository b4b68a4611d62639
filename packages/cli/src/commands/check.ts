/** Finds directives that no build compiles. With `--compile`, also reports compile errors and warnings. */
import type { Checked, Trial } from '@colony/compiler';
import { printable } from '@colony/core';
import pc from 'picocolors';
import { EXIT, type ExitStatus } from '../exit.js';
import { UsageError } from '../failure.js';
import { cOptions, type SynthesisFlags } from '../synthesis.js';

export interface CheckOptions extends Pick<SynthesisFlags, 'lock' | 'neighbours' | 'cflags'> {
  readonly json?: boolean;
  /** Also compiles the virtines that it finds. */
  readonly compile?: boolean;
  /** The most compiler warnings that do not fail the check; implies `compile`. */
  readonly maxWarnings?: string;
}

function text({ files, directives, problems, compiling }: Checked): string {
  const lines = problems.map(({ file, line, column, message, advice }) =>
    printable(`${file}:${line}:${column}: ${message}\n    what to do: ${advice}`),
  );
  const ways = new Set(Object.values(compiling).map(({ by, where }) => `${by} (${where})`));
  for (const way of ways) lines.push(pc.dim(printable(`compiled by: ${way}`)));
  lines.push(`${files} files, ${directives.length} functions with 'use virtine', ${problems.length} problems`);
  return `${lines.join('\n')}\n`;
}

function trialText({ virtines, errors, warnings, locked }: Trial): string {
  const lines = [
    ...errors.map(({ message }) => printable(message)),
    ...warnings.map((warning) => printable(`warning ${warning}`)),
    `${virtines.length} virtines compiled, ${errors.length} files refused, ${warnings.length} warnings` +
      `${locked ? ', compared with the lock' : '; there is no lock'}`,
  ];
  return `${lines.join('\n')}\n`;
}

/** Returns exit status 1 if a directive has no effect, or a build in CI would fail. */
export async function checkCommand(operands: readonly string[], options: CheckOptions): Promise<ExitStatus> {
  const { checkFiles, tryFiles } = await import('@colony/compiler');
  const { json = false, compile = options.maxWarnings !== undefined, lock } = options;
  const most = mostOf(options);
  const paths = operands.length === 0 ? ['.'] : operands;
  const checked = checkFiles(paths);
  const trial = compile
    ? await tryFiles(paths, { c: cOptions(options), ...(lock === undefined ? {} : { lock }) })
    : undefined;
  const isFine = trial === undefined || (trial.errors.length === 0 && trial.warnings.length <= most);
  const ok = checked.problems.length === 0 && isFine;
  if (json) process.stdout.write(`${JSON.stringify({ ok, ...checked, ...(trial && dataOf(trial)) }, null, 2)}\n`);
  else process.stdout.write(text(checked) + (trial === undefined ? '' : trialText(trial)));
  return ok ? EXIT.ok : EXIT.guest;
}

const dataOf = ({ virtines, errors, warnings, locked }: Trial) => ({
  virtines: virtines.map(({ name, file, line, column }) => ({ name, file, line, column })),
  errors: errors.map(({ code, message }) => ({ code, message })),
  warnings,
  locked,
});

function mostOf({ maxWarnings }: CheckOptions): number {
  if (maxWarnings === undefined) return Number.POSITIVE_INFINITY;
  if (!/^\d+$/.test(maxWarnings))
    throw new UsageError(`--max-warnings ${maxWarnings}: a number of warnings, such as 0`);
  return Number(maxWarnings);
}
