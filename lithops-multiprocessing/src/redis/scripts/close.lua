if not touch() then
  return 0
end
redis.call('HSET', object, 'closed', '1')
wake_all('wg')
wake_all('wp')
return 1
