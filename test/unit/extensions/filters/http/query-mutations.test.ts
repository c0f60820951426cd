// Query parameters: order, names, escapes that stay.
import t from 'tap';
import {
  mutateQuery,
  type QueryMutation,
} from '../../../../../src/extensions/filters/http/header-mutation/query-mutations.ts';
import { RequestHeaders } from '../../../../../src/http/headers/api.ts';
import type { StreamInfo } from '../../../../../src/observability/api.ts';

const noInfo = {} as StreamInfo;

function mutated(path: string, ...mutations: QueryMutation[]): string {
  const headers = new RequestHeaders();
  headers.path = path;
  mutateQuery([mutations], headers, noInfo);
  return headers.path;
}

t.test('removal', async (t) => {
  const remove: QueryMutation = { key: 'gone', value: null, action: 0 };
  t.equal(mutated('/a?gone=1', remove), '/a');
  t.equal(mutated('/a?b&%67one=1&a=%2f', remove), '/a?a=%2f&b=');
});

t.test('what would end the request target stays escaped', async (t) => {
  const add: QueryMutation = { key: 'a', value: 'b c\r\n', action: 0 };
  t.equal(mutated('/?z=%20%0d%0a%23', add), '/?a=b%20c%0D%0A&z=%20%0d%0a%23');
});
