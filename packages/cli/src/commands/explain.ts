import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { VirtineDescriptor } from '@colony/compiler/runtime';
import { ColonyError } from '@colony/core';
import { EXIT, type ExitStatus } from '../exit.js';
import { readArguments } from '../run/inputs.js';
import { compileVirtines, type LockFlags } from '../synthesis.js';

export interface ExplainOptions extends LockFlags {
  readonly json?: boolean;
  readonly html?: string;
  /** Makes contexts, and says what they cost: not the same twice. */
  readonly measure?: boolean;
  readonly args?: string;
  readonly backend?: string;
}

export async function explainCommand(file: string, options: ExplainOptions): Promise<ExitStatus> {
  const { reportHtml, reportJson, reportText } = await import('@colony/compiler');
  const { html } = options;
  try {
    const { virtines, descriptors } = await compileVirtines(file, options);
    if (html !== undefined) await writeFile(html, reportHtml(virtines));
    if (options.json) process.stdout.write(reportJson(virtines));
    else if (html === undefined) process.stdout.write(reportText(virtines));
    if (options.measure) await measure(file, descriptors, options);
    return EXIT.ok;
  } catch (error) {
    // The page says what was refused, too; the command fails all the same.
    const refusals = ColonyError.is(error) ? error.details['refusals'] : undefined;
    if (html !== undefined && Array.isArray(refusals)) await writeFile(html, reportHtml([], refusals));
    throw error;
  }
}

/** For people, also beside JSON: figures are no part of a report that is the same twice. */
async function measure(
  file: string,
  descriptors: readonly VirtineDescriptor[],
  { json = false, args = '[]', backend = 'auto' }: ExplainOptions,
): Promise<void> {
  const { measuredText, measureVirtine } = await import('@colony/compiler');
  const given = await readArguments(args);
  for (const descriptor of descriptors) {
    const measured = await measureVirtine(resolve(file), descriptor, { backend, args: given });
    (json ? process.stderr : process.stdout).write(`\n${measuredText(descriptor.name, measured)}`);
  }
}
