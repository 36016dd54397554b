if not touch() then
  return -1
end
if tonumber(redis.call('HGET', object, 'unfinished')) <= 0 then
  return -2
end
if redis.call('HINCRBY', object, 'unfinished', -1) == 0 then
  wake_all('wj')
end
return 1
