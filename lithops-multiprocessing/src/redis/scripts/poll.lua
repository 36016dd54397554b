-- Whether a get would not wait. ARGV: 2 who waits if it would, or nobody, 3 who that is.
if not touch() then
  return -1
end
look('wg', ARGV[3])
if redis.call('EXISTS', key('d')) == 1 then
  -- Who was woken for the item does not take it.
  wake('wg', 1)
  return 1
end
if redis.call('HEXISTS', object, 'closed') == 1 then
  return 1
end
wait('wg', ARGV[2])
return 0
