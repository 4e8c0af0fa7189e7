import { NOW_LUA, RedisScript } from "./script.js";

/**
 * Checks all limits, and counts in all of them when none refuses. Each key is a sorted set, the log of one count: members
 * are moments, scores are the total ever counted up to then, so that members are in the order of time too. The first
 * member has left the window (0 when the log is new), so that what is within the window is the last score less the first.
 *
 * KEYS: one for each limit. ARGV: weight; then for each key limit, window and step in milliseconds.
 * Answers: what is left at the scarcest limit, how long to wait, and which limit refused (0: none).
 */
export const rateLimitScript = new RedisScript(`${NOW_LUA}
local weight = tonumber(ARGV[1])
local least, wait, refused = nil, 0, 0
local totals, lasts = {}, {}
for i, key in ipairs(KEYS) do
  local limit, window = tonumber(ARGV[3 * i - 1]), tonumber(ARGV[3 * i])
  local horizon = now - window
  local head = redis.call('ZRANGE', key, 0, 1, 'WITHSCORES')
  if head[3] and tonumber(head[3]) <= horizon then
    local low, high = 1, redis.call('ZCARD', key) - 1
    while low < high do
      local middle = math.ceil((low + high) / 2)
      if tonumber(redis.call('ZRANGE', key, middle, middle)[1]) <= horizon then
        low = middle
      else
        high = middle - 1
      end
    end
    redis.call('ZREMRANGEBYRANK', key, 0, low - 1)
    head = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')
  end
  local total, left = 0, limit
  if head[1] then
    local tail = redis.call('ZRANGE', key, -1, -1, 'WITHSCORES')
    total = tonumber(tail[2])
    lasts[i] = tonumber(tail[1])
    left = limit - total + tonumber(head[2])
  end
  totals[i] = total
  if left < weight then
    local wanted = total - limit + weight
    local leaves = redis.call('ZRANGE', key, wanted, '+inf', 'BYSCORE', 'LIMIT', 0, 1)
    local longer = tonumber(leaves[1]) - horizon
    if longer > wait then
      wait, refused = longer, i
    end
  end
  if least == nil or left < least then
    least = left
  end
end
if least < 0 then
  least = 0
end
if refused > 0 then
  return { least, wait, refused }
end
for i, key in ipairs(KEYS) do
  local window, step = tonumber(ARGV[3 * i]), tonumber(ARGV[3 * i + 1])
  local at = math.ceil(now / step) * step
  if lasts[i] == nil then
    redis.call('ZADD', key, 0, '0')
  elseif lasts[i] > at then
    at = lasts[i]
  end
  redis.call('ZADD', key, totals[i] + weight, at)
  -- Once in half a window is enough for the key to outlive its last entry by a window.
  local half = math.max(1, window / 2)
  if lasts[i] == nil or math.floor(at / half) ~= math.floor(lasts[i] / half) then
    redis.call('PEXPIRE', key, 2 * window + 2 * step)
  end
end
return { least - weight, 0, 0 }
`);
