/** Faults that affect the host: its descriptors, its event loop, its objects. */
import { type ChildProcess, spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import type { Socket } from 'node:net';
import { ColonyError } from '@colony/core';
import { breakage } from './breakage.js';

export const leaksDescriptors = breakage(
  'leaks a file descriptor per context',
  'dispose',
  'a disposed context releases everything that it held',
  () => ({
    options: (options) => {
      openSync('/dev/null', 'r');
      return options;
    },
  }),
);

/** Starts a process for each context, which ends only with the backend. */
export const leaksChildren = breakage(
  'leaks a child process per context',
  'dispose',
  'a disposed context releases everything that it held',
  () => {
    const children: ChildProcess[] = [];
    return {
      options: (options) => {
        // The process ends with this one and not earlier, because the time that a law waits depends on the machine.
        const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], {
          stdio: ['pipe', 'ignore', 'ignore'],
        });
        child.unref();
        (child.stdin as Socket).unref();
        children.push(child);
        return options;
      },
      backend: (inner) => ({
        dispose: async () => {
          for (const child of children) child.kill('SIGKILL');
          await inner.dispose();
        },
      }),
    };
  },
);

export const blocksEventLoop = breakage(
  'blocks the event loop in call',
  'concurrency',
  'call does not block the event loop',
  () => ({
    instance: (inner) => ({
      run: async (request) => {
        const { wallTime } = request.limits;
        if (wallTime >= 2000) return await inner.run(request);
        const ends = performance.now() + wallTime;
        while (performance.now() < ends);
        throw new ColonyError('ERR_LIMIT_WALL_TIME', 'the call took too long');
      },
    }),
  }),
);

/** Adds a property to the host's objects. */
export const changesGlobals = breakage(
  'changes the globals of the host',
  'results',
  "a call returns the function's result",
  () => ({
    options: (options) => {
      Object.defineProperty(globalThis, '__broken_backend__', {
        value: () => {},
        configurable: true,
        enumerable: false,
      });
      return options;
    },
  }),
);
