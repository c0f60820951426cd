// Profiles of the process, as far as V8 makes them. Envoy's other allocator endpoints answer that there is none.
import type { Server } from '../../compose.ts';
import { type AdminEndpoint, type AdminParameter, action, text, view } from '../endpoint.ts';

const enable: readonly AdminParameter[] = [
  { id: 'enable', kind: 'enum', help: 'y starts, n ends and writes the file', values: ['y', 'n'] },
];

export function profilingEndpoints(server: Server): AdminEndpoint[] {
  const profile = (kind: 'cpu' | 'heap'): AdminEndpoint['handle'] => {
    return async (query) => {
      const wanted = query.get('enable');
      if (wanted !== 'y' && wanted !== 'n') return text('?enable=<y|n>\n', 400);
      const { profiler } = await import('../profiler.ts');
      const failure = await profiler(kind, server.bootstrap.message.admin?.profilePath ?? '').switch(wanted === 'y');
      return failure === '' ? text('OK\n') : text(`${failure}\n`, 500);
    };
  };
  return [
    action('/cpuprofiler', "V8's CPU profile, written to admin.profile_path", profile('cpu'), enable),
    action('/heapprofiler', "V8's sampled profile of allocations, to admin.profile_path", profile('heap'), enable),
    view(
      '/heap_dump',
      "V8's heap snapshot, for Chrome's developer tools; the proxy stands still while it is made",
      async () => {
        const { heapSnapshot } = await import('../profiler.ts');
        return { status: 200, contentType: 'application/json', body: heapSnapshot() };
      },
    ),
    view('/peak_heap_dump', 'not supported: V8 does not keep the state at the peak', () =>
      text('peak heap profiles are not supported by this build\n', 501),
    ),
    action(
      '/allocprofiler',
      'not supported: /heapprofiler shows allocations',
      () => text('allocation profiles are not supported by this build; use /heapprofiler\n', 501),
      enable,
    ),
    view('/contention', 'waits for locks: none, one thread holds none', () =>
      text('There is no mutex on the way of a request, so there is nothing to trace.\n'),
    ),
  ];
}
