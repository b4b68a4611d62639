/** Runs one hostile scenario in its own process, without retries: one failure counts. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Scenario } from './scenario.js';

export interface ScenarioHost {
  /** Name of the backend. */
  readonly backend: string;
  /** Module that the process imports first. */
  readonly setup?: string;
  /** The engine of scenarios in JavaScript. Default: the backend's own. */
  readonly engine?: 'v8' | undefined;
}

export interface ScenarioReport {
  readonly ok: boolean;
  /** Description of the problem. */
  readonly complaint?: string;
  /** The ends of the attack: a code, or `value`. */
  readonly ends: readonly string[];
}

const child = fileURLToPath(new URL('./child.js', import.meta.url));
/** Milliseconds: a busy machine needs long to start a process and to build a program. */
const TIMEOUT = 580_000;

export function scenarioReport(scenario: Scenario, host: ScenarioHost): Promise<ScenarioReport> {
  const args = [
    '--unhandled-rejections=strict',
    child,
    host.backend,
    scenario.name,
    host.setup ?? '',
    host.engine ?? '',
  ];
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      args,
      { timeout: TIMEOUT, killSignal: 'SIGKILL', maxBuffer: 2 ** 24 },
      (error, stdout, stderr) => {
        const line = stdout.split('\n').find((text) => text.startsWith('REPORT '));
        if (error === null && line !== undefined) return resolve(JSON.parse(line.slice(7)) as ScenarioReport);
        const how = error?.signal ? `by ${error.signal}` : `with ${error?.code ?? 'no report'}`;
        reject(new assert.AssertionError({ message: `the host process ended ${how}: ${stderr.slice(-2000)}` }));
      },
    );
  });
}

/** @throws AssertionError if the host was harmed or the attack ended in a forbidden way. */
export async function runScenario(scenario: Scenario, host: ScenarioHost): Promise<void> {
  const report = await scenarioReport(scenario, host);
  assert.ok(report.ok, report.complaint);
}
