-- Replaces the state if nobody has meanwhile.
-- ARGV: 2 the version that was seen, 3 the new state or nothing, 4 whom to wake, 5 who looks,
-- 6 whether it wants to be woken, 7 what this change is called: it may be sent twice.
local version = redis.call('HGET', object, 'v')
if not version then
  return { -1 }
end
touch()
look('ws', ARGV[5])
local changes = redis.call('HGET', object, 'o') or ''
if version ~= ARGV[2] and string.find(changes, ARGV[7], 1, true) then
  if ARGV[6] == '1' then
    wait('ws', ARGV[5])
  end
  return { 1 }
end
if version ~= ARGV[2] then
  return { 0, now(), version, redis.call('HGET', object, 's') }
end
if ARGV[3] ~= '' then
  redis.call('HSET', object, 'v', version + 1, 's', ARGV[3], 'o', ARGV[7] .. string.sub(changes, 1, 496))
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
