-- Replaces the item at a place of a list. ARGV: 2 the place, 3 the item.
if not touch() then
  return { -1 }
end
local data = key('d')
local length = redis.call('LLEN', data)
if tonumber(ARGV[2]) >= length then
  return { -2, length }
end
redis.call('LSET', data, ARGV[2], ARGV[3])
return { 1 }
