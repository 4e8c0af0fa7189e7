import { NOW_LUA, RedisScript } from "../driver/script.js";

/** KEYS: request. Answers its record, if any, and the server's time. */
export const readScript = new RedisScript(`${NOW_LUA}
return { redis.call('HGET', KEYS[1], 'record'), now }
`);

/**
 * KEYS: request, order, open, settled. ARGV: id, record, submittedAt, expiresAt.
 * Answers 1 when it was stored, 0 when the request was there already.
 */
export const insertScript = new RedisScript(`
if redis.call('HEXISTS', KEYS[1], 'record') == 1 then
  return 0
end
-- Last comes what makes it exist: a script that fails takes nothing back.
redis.call('ZADD', KEYS[2], ARGV[3], ARGV[1])
redis.call('ZADD', KEYS[3], ARGV[3], ARGV[1])
redis.call('ZADD', KEYS[4], ARGV[4], ARGV[1])
redis.call('HSET', KEYS[1], 'record', ARGV[2], 'revision', 1)
return 1
`);

/**
 * Replaces a record if it still has the revision that the new one was made from, and if the moment before which it had to
 * happen is not over.
 *
 * KEYS: request, open, settled. ARGV: id, record, revision before, latest moment ('' for any), decidedAt ('' for none),
 * channel. Answers 1 when it was replaced.
 */
export const replaceScript = new RedisScript(`${NOW_LUA}
if redis.call('HGET', KEYS[1], 'revision') ~= ARGV[3] then
  return 0
end
if ARGV[4] ~= '' and now >= tonumber(ARGV[4]) then
  return 0
end
redis.call('HSET', KEYS[1], 'record', ARGV[2], 'revision', ARGV[3] + 1)
if ARGV[5] ~= '' then
  redis.call('ZREM', KEYS[2], ARGV[1])
  redis.call('ZADD', KEYS[3], ARGV[5], ARGV[1])
end
redis.call('PUBLISH', ARGV[6], ARGV[1])
return 1
`);

/**
 * KEYS: an index. ARGV: what keys of requests begin with, lowest score, how many.
 * Answers the records in the order of the index.
 */
export const pageScript = new RedisScript(`
local ids = redis.call('ZRANGE', KEYS[1], ARGV[2], '+inf', 'BYSCORE', 'LIMIT', 0, ARGV[3])
local records = {}
for i, id in ipairs(ids) do
  records[i] = redis.call('HGET', ARGV[1] .. id, 'record') or ''
end
return records
`);

/** KEYS: order, open, settled. ARGV: what keys of requests begin with, the score before which they go, how many. */
export const purgeScript = new RedisScript(`
local ids = redis.call('ZRANGE', KEYS[3], '-inf', '(' .. ARGV[2], 'BYSCORE', 'LIMIT', 0, ARGV[3])
for _, id in ipairs(ids) do
  redis.call('DEL', ARGV[1] .. id)
  for _, index in ipairs(KEYS) do
    redis.call('ZREM', index, id)
  end
end
return #ids
`);
