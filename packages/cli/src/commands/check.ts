/** Finds directives that nothing compiles. */
import type { Checked } from '@colony/compiler';
import { printable } from '@colony/core';
import pc from 'picocolors';
import { EXIT, type ExitStatus } from '../exit.js';

export interface CheckOptions {
  readonly json?: boolean;
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

/** Exit status 1 where a directive would have no effect. */
export async function checkCommand(paths: readonly string[], { json = false }: CheckOptions): Promise<ExitStatus> {
  const { checkFiles } = await import('@colony/compiler');
  const checked = checkFiles(paths.length === 0 ? ['.'] : paths);
  const ok = checked.problems.length === 0;
  process.stdout.write(json ? `${JSON.stringify({ ok, ...checked }, null, 2)}\n` : text(checked));
  return ok ? EXIT.ok : EXIT.guest;
}
