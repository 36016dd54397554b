-- Whether all items are done. ARGV: 2 who waits if not, or nobody, 3 who that is.
local unfinished = redis.call('HGET', object, 'unfinished')
if not unfinished or not touch() then
  return -1
end
look('wj', ARGV[3])
if tonumber(unfinished) == 0 then
  return 1
end
wait('wj', ARGV[2])
return 0
