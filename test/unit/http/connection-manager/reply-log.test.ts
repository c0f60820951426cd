// Log lines of local replies: in words, bounded in number and in the work they cause.
import t from 'tap';
import { LogLevel } from '../../../../src/base/logger.ts';
import { logCause } from '../../../../src/http/connection-manager/reply-log.ts';
import { MemoryLog } from '../../../support/memory-log.ts';
import { request } from '../../../support/route-table.ts';

/** Replies `count` times within the second that begins at `now`; tells how often the cause was worked out. */
function flood(count: number, now: number): number {
  let explained = 0;
  const explanation = {
    get cause(): string {
      explained++;
      return 'the nearest of many';
    },
  };
  for (let i = 0; i < count; i++) {
    const { streamInfo } = request();
    streamInfo.explanation = explanation;
    streamInfo.responseCodeDetails = 'route_not_found';
    logCause(404, streamInfo, 'GET', '/a', now + i);
  }
  return explained;
}

t.test('a flood of failures is neither logged nor explained one by one', async (t) => {
  const log = MemoryLog.capture(LogLevel.info);
  t.equal(flood(500, 1000), 10, 'causes worked out');
  t.equal(log.lines.length, 10);
  t.match(log.lines[0], /GET \/a: 404 route_not_found: the nearest of many$/);
  log.clear();
  t.equal(flood(1, 2000), 1);
  t.match(log.lines, [/490 more local replies and resets were not logged one by one/, /the nearest of many/]);
});

t.test('where nothing is logged nothing is worked out', async (t) => {
  MemoryLog.capture(LogLevel.warning);
  t.equal(flood(20, 5000), 0);
});

t.test('a cause is worked out once', async (t) => {
  const { streamInfo } = request();
  let explained = 0;
  streamInfo.explanation = {
    get cause(): string {
      explained++;
      return 'so';
    },
  };
  t.equal(streamInfo.cause, 'so');
  t.equal(streamInfo.cause, 'so');
  t.equal(explained, 1);
});
