#!/usr/bin/env node
// In the repository, and not among what is built: npm links a bin only if it is there when it installs.
import { main } from '../dist/index.js';

process.exitCode = await main(process.argv);
