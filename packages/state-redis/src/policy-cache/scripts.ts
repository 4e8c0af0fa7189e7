import { NOW_LUA, RedisScript } from "../driver/script.js";

/** How long it is remembered that a policy was invalidated: longer than any query to a store takes. */
const GENERATION_MS = 3_600_000;

/**
 * KEYS: active, generation. ARGV: TTL.
 * Answers the record ('' for none), its age, and the token for what is written instead: the time and the generation.
 */
export const readScript = new RedisScript(`${NOW_LUA}
local kept = redis.call('HMGET', KEYS[1], 'record', 'asked')
if kept[1] and kept[2] then
  local age = math.max(0, now - tonumber(kept[2]))
  if age < tonumber(ARGV[1]) then
    return { kept[1], age, '' }
  end
end
return { '', 0, string.format('%.0f', now) .. ' ' .. (redis.call('GET', KEYS[2]) or '') }
`);

/**
 * Keeps a record unless the policy was invalidated since the token was given, or a newer one is there.
 * KEYS: active, generation. ARGV: token, TTL, record.
 */
export const writeScript = new RedisScript(`${NOW_LUA}
local asked, generation = string.match(ARGV[1], '^(%d+) (.*)$')
if (redis.call('GET', KEYS[2]) or '') ~= generation then
  return 0
end
local left = tonumber(asked) + tonumber(ARGV[2]) - now
local kept = redis.call('HGET', KEYS[1], 'asked')
if left <= 0 or (kept and tonumber(kept) > tonumber(asked)) then
  return 0
end
redis.call('HSET', KEYS[1], 'record', ARGV[3], 'asked', asked)
redis.call('PEXPIRE', KEYS[1], string.format('%.0f', left))
return 1
`);

/** KEYS: active, generation. */
export const invalidateScript = new RedisScript(`
local time = redis.call('TIME')
local before = tonumber(redis.call('GET', KEYS[2]) or '0')
local generation = math.max(before + 1, time[1] * 1000000 + time[2])
redis.call('SET', KEYS[2], string.format('%.0f', generation), 'PX', ${GENERATION_MS})
redis.call('DEL', KEYS[1])
return 1
`);
