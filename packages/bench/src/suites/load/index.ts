/** Concurrent work: callers, bursts, requests, endless loops, live contexts. */
import type { Suite } from '../../types.js';
import { someFloors } from '../floor/c.js';
import { bursts } from './burst.js';
import { CALLER_CHARTS, CALLER_TARGETS, callers } from './callers.js';
import { http } from './http.js';
import { KILL_TARGETS, kills } from './kill.js';
import { LIVE_TARGETS, lives } from './live.js';
import { TWO_TARGETS, two } from './two.js';

export const load: Suite = {
  name: 'load',
  what: '1 to 64 callers, bursts, HTTP requests, deadlines, ten thousand contexts',
  headline: {
    question: 'How long does a call wait when many callers share the machine?',
    answers: {
      'kvm.js.half.poisson.median': 'the median call at half load, JavaScript on kvm',
      'kvm.js.half.poisson.p99': 'the slowest of a hundred calls at half load',
      'kvm.js.kill.callSync.worst': 'the latest end of an endless loop, after its deadline',
      'http.kvm.js.latency': 'an HTTP request that makes an isolated call',
    },
  },
  groups: [someFloors('C floors', 'c.handoff'), callers, two, bursts, http, kills, lives],
  targets: [...CALLER_TARGETS, ...TWO_TARGETS, ...KILL_TARGETS, ...LIVE_TARGETS],
  charts: CALLER_CHARTS,
};
