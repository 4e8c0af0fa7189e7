import { NOW_LUA, RedisScript } from "../driver/script.js";

/** UTF-8 bytes of a record: a request of 256 KiB in quotes, and its texts. */
const MAX_RECORD_BYTES = 1024 * 1024;

const KIND = "an approval";

/** No larger value of another program is read. */
const RECORD_LUA = `
local function record_of(key)
  assert(redis.call('HSTRLEN', key, 'record') <= ${MAX_RECORD_BYTES}, 'foreign value')
  return redis.call('HGET', key, 'record')
end
`;

/**
 * KEYS: request, order. ARGV: id. Answers its record, if any, the server's time, and without a record its place in the order, if it
 * has one all the same: it was submitted then, and its record is lost.
 */
export const readScript = new RedisScript(
  KIND,
  `${NOW_LUA}${RECORD_LUA}
local record = record_of(KEYS[1])
if record then
  return { record, now, false }
end
return { false, now, redis.call('ZSCORE', KEYS[2], ARGV[1]) }
`,
);

/**
 * KEYS: request, order, open, settled, due. ARGV: id, record, submittedAt, expiresAt.
 * Answers 1 when it was stored, 0 when the request was there already, or was and is lost.
 */
export const insertScript = new RedisScript(
  KIND,
  `
if redis.call('HEXISTS', KEYS[1], 'record') == 1 or redis.call('ZSCORE', KEYS[2], ARGV[1]) then
  return 0
end
-- Last comes what makes it exist: a script that fails takes nothing back.
redis.call('ZADD', KEYS[2], ARGV[3], ARGV[1])
redis.call('ZADD', KEYS[3], ARGV[3], ARGV[1])
redis.call('ZADD', KEYS[4], ARGV[4], ARGV[1])
redis.call('ZADD', KEYS[5], ARGV[4], ARGV[1])
redis.call('HSET', KEYS[1], 'record', ARGV[2], 'revision', 1)
return 1
`,
);

/**
 * Replaces a record if it still has the revision that the new one was made from, and if the moment before which it had to
 * happen is not over.
 *
 * KEYS: request, open, settled, due. ARGV: id, record, revision before, latest moment ('' for any), decidedAt ('' for none),
 * channel. Answers 1 when it was replaced.
 */
export const replaceScript = new RedisScript(
  KIND,
  `${NOW_LUA}
if redis.call('HGET', KEYS[1], 'revision') ~= ARGV[3] then
  return 0
end
if ARGV[4] ~= '' and now >= tonumber(ARGV[4]) then
  return 0
end
redis.call('HSET', KEYS[1], 'record', ARGV[2], 'revision', ARGV[3] + 1)
if ARGV[5] ~= '' then
  redis.call('ZREM', KEYS[2], ARGV[1])
  redis.call('ZREM', KEYS[4], ARGV[1])
  redis.call('ZADD', KEYS[3], ARGV[5], ARGV[1])
end
redis.call('PUBLISH', ARGV[6], ARGV[1])
return 1
`,
);

/**
 * KEYS: an index. ARGV: what keys of requests begin with, lowest score, how many.
 * Answers id, score and record ('' for none) of each request in the order of the index, one after the other.
 */
export const pageScript = new RedisScript(
  KIND,
  `${RECORD_LUA}
local listed = redis.call('ZRANGE', KEYS[1], ARGV[2], '+inf', 'BYSCORE', 'LIMIT', 0, ARGV[3], 'WITHSCORES')
local page = {}
for i = 1, #listed, 2 do
  page[#page + 1] = listed[i]
  page[#page + 1] = listed[i + 1]
  page[#page + 1] = record_of(ARGV[1] .. listed[i]) or ''
end
return page
`,
);

/**
 * KEYS: due, where requests without a decision in writing are by the time they expire. ARGV: what keys of requests begin with, now,
 * how many. Answers id and record ('' for none) of those that expired before now, one after the other.
 */
export const dueScript = new RedisScript(
  KIND,
  `${RECORD_LUA}
local listed = redis.call('ZRANGE', KEYS[1], '-inf', '(' .. ARGV[2], 'BYSCORE', 'LIMIT', 0, ARGV[3])
local due = {}
for _, id in ipairs(listed) do
  due[#due + 1] = id
  due[#due + 1] = record_of(ARGV[1] .. id) or ''
end
return due
`,
);

/** KEYS: order, open, settled, due. ARGV: what keys of requests begin with, the score before which they go, how many. */
export const purgeScript = new RedisScript(
  KIND,
  `
local ids = redis.call('ZRANGE', KEYS[3], '-inf', '(' .. ARGV[2], 'BYSCORE', 'LIMIT', 0, ARGV[3])
for _, id in ipairs(ids) do
  redis.call('DEL', ARGV[1] .. id)
  for _, index in ipairs(KEYS) do
    redis.call('ZREM', index, id)
  end
end
return #ids
`,
);
