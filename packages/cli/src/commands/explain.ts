import { writeFile } from 'node:fs/promises';
import { ColonyError } from '@colony/core';
import { EXIT, type ExitStatus } from '../exit.js';
import { compileVirtines, type SynthesisFlags } from '../synthesis.js';

export interface ExplainOptions extends SynthesisFlags {
  readonly json?: boolean;
  readonly html?: string;
}

export async function explainCommand(file: string, options: ExplainOptions): Promise<ExitStatus> {
  const { reportHtml, reportJson, reportText } = await import('@colony/compiler');
  const { html } = options;
  try {
    const { virtines } = await compileVirtines(file, options);
    if (html !== undefined) await writeFile(html, reportHtml(virtines));
    if (options.json) process.stdout.write(reportJson(virtines));
    else if (html === undefined) process.stdout.write(reportText(virtines));
    return EXIT.ok;
  } catch (error) {
    // The page says what was refused, too; the command fails all the same.
    const refusals = ColonyError.is(error) ? error.details['refusals'] : undefined;
    if (html !== undefined && Array.isArray(refusals)) await writeFile(html, reportHtml([], refusals));
    throw error;
  }
}
