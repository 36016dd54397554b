-- Puts items aside that are appended to a list later. ARGV: 2 where, 3.. the items.
if not touch() then
  return { -1 }
end
local side = key('t:' .. ARGV[2])
redis.call('RPUSH', side, unpack(ARGV, 3))
-- If whoever does it dies before it has done.
redis.call('PEXPIRE', side, 60000)
return { 1 }
