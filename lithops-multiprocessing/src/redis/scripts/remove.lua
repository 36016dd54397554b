redis.call('UNLINK', object, key('d'), key('ws'), key('wg'), key('wp'), key('wj'), key('o'))
return 1
