import { NOW_LUA, RedisScript } from "../driver/script.js";

/** UTF-8 bytes of a record. Larger policies are not shared, and no larger value of another program is read. */
export const MAX_RECORD_BYTES = 16 * 1024 * 1024;

const KIND = "a cached policy";

/**
 * What other programs wrote must not become a time or a generation: of a policy from the future, or of one whose
 * generation no longer changes, an old version would be served for ever.
 */
const CHECKED_LUA = `
local function number_of(text)
  assert(not text or (#text <= 16 and string.find(text, '^%d+$')), 'foreign value')
  return tonumber(text or '0')
end
`;

/** How long it is remembered that a policy was invalidated: longer than any query to a store takes. */
const GENERATION_MS = 3_600_000;

/** No server's clock is set back by more. */
const MAX_CLOCK_STEP_MS = 86_400_000;

/**
 * KEYS: active, generation. ARGV: TTL.
 * Answers the record ('' for none), its age, and the token for what is written instead: the time and the generation.
 */
export const readScript = new RedisScript(
  KIND,
  `${NOW_LUA}${CHECKED_LUA}
assert(redis.call('HSTRLEN', KEYS[1], 'record') <= ${MAX_RECORD_BYTES}, 'foreign value')
local kept = redis.call('HMGET', KEYS[1], 'record', 'asked')
if kept[1] and kept[2] then
  -- Below 0 the clock was set back, and how old the record is cannot be told.
  local age = now - number_of(kept[2])
  assert(kept[1] ~= '' and age > -${MAX_CLOCK_STEP_MS}, 'foreign value')
  if age >= 0 and age < tonumber(ARGV[1]) then
    return { kept[1], age, '' }
  end
end
local generation = redis.call('GET', KEYS[2])
number_of(generation)
return { '', 0, string.format('%.0f', now) .. ' ' .. (generation or '') }
`,
);

/**
 * Keeps a record unless the policy was invalidated since the token was given, or a newer one is there.
 * KEYS: active, generation. ARGV: token, TTL, record.
 */
export const writeScript = new RedisScript(
  KIND,
  `${NOW_LUA}${CHECKED_LUA}
local asked, generation = string.match(ARGV[1], '^(%d+) (.*)$')
if (redis.call('GET', KEYS[2]) or '') ~= generation then
  return 0
end
local left = tonumber(asked) + tonumber(ARGV[2]) - now
local kept = redis.call('HGET', KEYS[1], 'asked')
if left <= 0 or number_of(kept) > tonumber(asked) then
  return 0
end
redis.call('HSET', KEYS[1], 'record', ARGV[3], 'asked', asked)
redis.call('PEXPIRE', KEYS[1], string.format('%.0f', left))
return 1
`,
);

/** KEYS: active, generation. */
export const invalidateScript = new RedisScript(
  KIND,
  `${CHECKED_LUA}
local time = redis.call('TIME')
local before = number_of(redis.call('GET', KEYS[2]))
local generation = math.max(before + 1, time[1] * 1000000 + time[2])
redis.call('SET', KEYS[2], string.format('%.0f', generation), 'PX', ${GENERATION_MS})
redis.call('DEL', KEYS[1])
return 1
`,
);
