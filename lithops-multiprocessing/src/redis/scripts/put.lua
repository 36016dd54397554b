-- ARGV: 2 the item, 3 who waits if there is no room, or nobody, 4 who that is.
local fields = redis.call('HMGET', object, 'max', 'closed')
if not fields[1] or not touch() then
  return -1
end
look('wp', ARGV[4])
if fields[2] then
  return -2
end
local max = tonumber(fields[1])
local length = redis.call('LLEN', key('d'))
if max > 0 and length >= max then
  wait('wp', ARGV[3])
  return 0
end
redis.call('RPUSH', key('d'), ARGV[2])
redis.call('HINCRBY', object, 'unfinished', 1)
touch()
wake('wg', 1)
-- There may be room for another one, and who was woken for it may be no more.
if max == 0 or length + 1 < max then
  wake('wp', 1)
end
return 1
