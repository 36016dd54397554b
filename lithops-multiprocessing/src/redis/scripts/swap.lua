-- Changes one entry of a dictionary and gives what it was. ARGV: 2 what to do, 3 the key, 4 the value.
if not touch() then
  return { -1 }
end
local data = key('d')
local before = redis.call('HGET', data, ARGV[3])
if ARGV[2] == 'set' or (ARGV[2] == 'default' and not before) then
  redis.call('HSET', data, ARGV[3], ARGV[4])
elseif ARGV[2] == 'remove' then
  redis.call('HDEL', data, ARGV[3])
end
redis.call('PEXPIRE', data, expiry)
return { 1, before }
