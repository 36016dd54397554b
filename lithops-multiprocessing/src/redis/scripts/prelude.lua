-- Every script: KEYS[1] is the object, ARGV[1] how long its keys live, in milliseconds.
local object, expiry = KEYS[1], ARGV[1]

local function key(name)
  return object .. ':' .. name
end

local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

-- Keeps the object for another while; gives whether there is one.
local function touch()
  if redis.call('PEXPIRE', object, expiry) == 0 then
    return false
  end
  for _, name in ipairs({ 'd', 'ws', 'wg', 'wp', 'wj' }) do
    redis.call('PEXPIRE', key(name), expiry)
  end
  return true
end

-- Whoever waits comes back each second: those who did not are no more.
local STALE = 5000

local function wake(waiters, count)
  redis.call('ZREMRANGEBYSCORE', key(waiters), '-inf', now() - STALE)
  local woken = redis.call('ZPOPMIN', key(waiters), count)
  for i = 1, #woken, 2 do
    local list = key('w:' .. woken[i])
    redis.call('RPUSH', list, '1')
    redis.call('PEXPIRE', list, 10000)
  end
end

local function wake_all(waiters)
  wake(waiters, 1000000)
end

-- The waiter looks itself now, and has to be woken only if it asks again.
local function look(waiters, waiter)
  redis.call('ZREM', key(waiters), waiter)
end

local function wait(waiters, waiter)
  if waiter ~= '' then
    redis.call('ZADD', key(waiters), now(), waiter)
    redis.call('PEXPIRE', key(waiters), expiry)
  end
end

