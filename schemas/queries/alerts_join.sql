-- A watcher says that it is there. The first time counts as when it came.
INSERT INTO alert_watchers SELECT {watcher:String} AS watcher,
    (SELECT if(count() = 0, now64(3), min(joined_time)) FROM alert_watchers FINAL
        WHERE watcher = {watcher:String} AND alive_time >= now64(3) - toIntervalSecond({alive_s:Float64})) AS joined_time,
    now64(3) AS alive_time
