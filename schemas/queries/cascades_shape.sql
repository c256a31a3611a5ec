-- The structure of a payload: paths and types.
SELECT paths FROM shapes FINAL WHERE topic = {topic:String} AND shape_id = {shape_id:UInt64} LIMIT 1
