#!/usr/bin/env node
import { program } from './cli.js';

try {
  await program().parseAsync();
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
