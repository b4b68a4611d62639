import { EXIT, type ExitStatus } from '../exit.js';
import { UsageError } from '../failure.js';

type Bench = typeof import('@colony/bench');

/**
 * Loads the bench package by name on demand, because it is large and optional.
 * @throws UsageError with how to install it
 */
export async function loadBench(load: () => Promise<Bench> = () => import('@colony/bench')): Promise<Bench> {
  try {
    return await load();
  } catch (error) {
    const { code, message } = error as { code?: unknown; message: string };
    if (code !== 'ERR_MODULE_NOT_FOUND' || !message.includes("'@colony/bench'")) throw error;
    throw new UsageError(
      'colony bench is a package of its own, @colony/bench: install it from where this command came from (the same release, or the same scope)',
    );
  }
}

/** Exit statuses of bench: 0; 1 for a failure; 2 for the command line; 130 if the user stopped it. */
const STATUS: Readonly<Record<number, ExitStatus>> = { 0: EXIT.ok, 2: EXIT.usage, 130: EXIT.interrupted };

export async function benchCommand(args: readonly string[]): Promise<ExitStatus> {
  const { main } = await loadBench();
  return STATUS[await main(args, 'colony bench')] ?? EXIT.guest;
}
