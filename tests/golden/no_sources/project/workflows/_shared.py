BUCKET = "data"
