"""What train_networks.py is made of; needs the extra ``train`` for all but the reservoir's simulation."""
