/** The gain of synthesis over a general context, and the cost of building it. */
import type { Suite, Target } from '../../types.js';
import { bounded } from '../bounded.js';
import { someFloors } from '../floor/c.js';
import { c } from './c.js';
import { javascript } from './javascript.js';
import { project } from './project.js';
import { start } from './start.js';

const TARGETS: readonly Target[] = [
  {
    what: 'JavaScript virtine, pages written per null call, to the general context',
    subject: 'kvm.js.pages.bespoke',
    floor: 'kvm.js.pages.general',
    atMost: 0.7,
  },
  {
    what: 'C virtine, fresh call, to the general image',
    subject: 'kvm.c.call.bespoke',
    floor: 'kvm.c.call.general',
    atMost: 0.9,
  },
  { what: '1,000 modules with 20 virtines, cold, us', subject: 'ts.project.cold', floor: null, atMost: 10_000_000 },
  {
    what: '1,000 modules with 20 virtines, after one edit, us',
    subject: 'ts.project.edit',
    floor: null,
    atMost: 300_000,
  },
  { what: 'lines that a user changes to isolate a function', subject: 'ts.lines', floor: null, atMost: 1 },
];

export const synthesis: Suite = {
  name: 'synthesis',
  what: 'contexts made by analysis beside general ones, and the cost of the analysis',
  headline: {
    question: 'What does a context made by analysis gain, and what does the analysis take?',
    answers: {
      'kvm.c.call.bespoke': 'a call of C in an image of its own',
      'kvm.js.call.bespoke': 'a call of a JavaScript virtine',
      'ts.project.cold': 'compiling 1,000 modules with 20 virtines',
      'ts.project.edit': 'compiling them again after one edit',
    },
  },
  groups: bounded([someFloors('C floors', 'c.entry'), javascript, start, c, project]),
  targets: TARGETS,
};
