// Owns what Node knows of its own process, beside Envoy's statistics: prom-client's names, read here at each scrape
// instead of by its collectors, whose import costs 6 MB and whose observers run all the time (DESIGN 3.8).
import { type EventLoopUtilization, performance } from 'node:perf_hooks';
import { getHeapSpaceStatistics } from 'node:v8';
import type { MetricFamily } from './prometheus-registry.ts';

/** Seconds since the epoch. */
const startTime = Math.round(performance.timeOrigin / 1000);
let lastUtilization: EventLoopUtilization = performance.eventLoopUtilization();

/** Families with one scrape's values. The event loop's share is that since the last scrape. */
export function processMetrics(): MetricFamily[] {
  const cpu = process.cpuUsage();
  const memory = process.memoryUsage();
  const now = performance.eventLoopUtilization();
  const { utilization } = performance.eventLoopUtilization(now, lastUtilization);
  lastUtilization = now;
  const spaces = getHeapSpaceStatistics();
  const bySpace = (pick: (space: (typeof spaces)[number]) => number) =>
    spaces.map((space) => ({ value: pick(space), labels: { space: space.space_name.replace(/_space$/, '') } }));
  return [
    counter('process_cpu_user_seconds_total', 'User CPU time spent in seconds.', cpu.user / 1e6),
    counter('process_cpu_system_seconds_total', 'System CPU time spent in seconds.', cpu.system / 1e6),
    counter('process_cpu_seconds_total', 'User and system CPU time spent in seconds.', (cpu.user + cpu.system) / 1e6),
    gauge('process_start_time_seconds', 'Start of the process since the epoch in seconds.', startTime),
    gauge('process_resident_memory_bytes', 'Resident memory in bytes.', memory.rss),
    gauge('nodejs_heap_size_total_bytes', 'Size of the JavaScript heap in bytes.', memory.heapTotal),
    gauge('nodejs_heap_size_used_bytes', 'Used part of the JavaScript heap in bytes.', memory.heapUsed),
    gauge(
      'nodejs_external_memory_bytes',
      'Memory of C++ objects bound to JavaScript objects in bytes.',
      memory.external,
    ),
    gauge('nodejs_array_buffers_bytes', 'Memory of array buffers in bytes.', memory.arrayBuffers),
    {
      name: 'nodejs_heap_space_size_used_bytes',
      help: 'Used part of each heap space in bytes.',
      type: 'gauge',
      values: bySpace((space) => space.space_used_size),
    },
    gauge('nodejs_eventloop_utilization', 'Busy share of the event loop since the last scrape.', utilization),
    {
      name: 'nodejs_version_info',
      help: 'Version of Node.',
      type: 'gauge',
      values: [{ value: 1, labels: { version: process.version } }],
    },
  ];
}

function counter(name: string, help: string, value: number): MetricFamily {
  return { name, help, type: 'counter', values: [{ value, labels: {} }] };
}

function gauge(name: string, help: string, value: number): MetricFamily {
  return { name, help, type: 'gauge', values: [{ value, labels: {} }] };
}
