-- Replaces the state if nobody has meanwhile.
-- ARGV: 2 the version that was seen, 3 the new state or nothing, 4 whom to wake, 5 who looks,
-- 6 whether it wants to be woken, 7 what this change is called: it may be sent twice.

-- Longer than a change waits for its answer, connects again, and is sent once more.
local REMEMBERED = 30000

local version = redis.call('HGET', object, 'v')
if not version then
  return { -1 }
end
touch()
look('ws', ARGV[5])
if version ~= ARGV[2] and redis.call('ZSCORE', key('o'), ARGV[7]) then
  if ARGV[6] == '1' then
    wait('ws', ARGV[5])
  end
  return { 1 }
end
if version ~= ARGV[2] then
  return { 0, now(), version, redis.call('HGET', object, 's') }
end
if ARGV[3] ~= '' then
  redis.call('HSET', object, 'v', version + 1, 's', ARGV[3])
  local changes, at = key('o'), now()
  redis.call('ZADD', changes, at, ARGV[7])
  redis.call('ZREMRANGEBYSCORE', changes, '-inf', at - REMEMBERED)
  redis.call('PEXPIRE', changes, REMEMBERED)
end
if ARGV[4] == 'one' then
  wake('ws', 1)
elseif ARGV[4] == 'all' then
  wake_all('ws')
end
if ARGV[6] == '1' then
  wait('ws', ARGV[5])
end
return { 1 }
