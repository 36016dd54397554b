-- ARGV[2..]: fields and values of the object.
redis.call('HSET', object, 'made', now(), unpack(ARGV, 2))
touch()
return 1
