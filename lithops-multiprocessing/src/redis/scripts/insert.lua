-- Puts an item before another one. ARGV: 2 the place, 3 the item.
if not touch() then
  return { -1 }
end
local data, index = key('d'), tonumber(ARGV[2])
local length = redis.call('LLEN', data)
if index > length then
  return { -2, length }
end
local moved = 0
while redis.call('LLEN', data) > index do
  redis.call('LMOVE', data, key('t'), 'RIGHT', 'LEFT')
  moved = moved + 1
end
redis.call('RPUSH', data, ARGV[3])
for _ = 1, moved do
  redis.call('LMOVE', key('t'), data, 'LEFT', 'RIGHT')
end
redis.call('PEXPIRE', data, expiry)
return { 1 }
