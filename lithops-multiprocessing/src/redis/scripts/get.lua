-- ARGV: 2 who waits if there is nothing, or nobody, 3 who that is.
local fields = redis.call('HMGET', object, 'max', 'closed')
if not fields[1] or not touch() then
  return { -1 }
end
look('wg', ARGV[3])
local item = redis.call('LPOP', key('d'))
if item then
  wake('wp', 1)
  if redis.call('EXISTS', key('d')) == 1 then
    wake('wg', 1)
  end
  return { 1, item }
end
if fields[2] then
  return { -2 }
end
wait('wg', ARGV[2])
return { 0 }
